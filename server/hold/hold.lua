-- Leases places to one owner: the first wish whose seats are all free, all of it or nothing.
-- KEYS[1] seats of the event: hash seat -> "expiresMs holder", '#loaded' -> epoch of the log,
--   '#area <id>' -> places of it that are taken. Each expiresMs has 16 digits: they sort as text
-- KEYS[2] what the owner has: "expiresMs holder places extended seats areas firstEndMs?|..."
-- KEYS[3] places of areas: sorted set "area places holder" by expiresMs   KEYS[4] the seat log
-- ARGV[1] hold id   ARGV[2] lease in ms   ARGV[3] unpaid places that one owner may have
-- ARGV[4] all places   ARGV[5] entries that the log keeps   ARGV[6] places of a wish
-- ARGV[7] seats of it   ARGV[8] "areaxplacesxcapacity,..." or "-"   ARGV[9..] best wish first
-- Returns {1, expiresMs, wish from 1} | {2, expiresMs, hold id} the owner holds just this already
--   | {-1, taken seats of the last wish...} | {-2, places of the owner, limit} | {-3} not loaded
--   | {-4, area, places left} | {3, expiresMs, id, extended, seats, areas} of the key in ARGV[1]
local call, size, areas = redis.call, tonumber(ARGV[7]), '-'
local whole, key = '^(%d+) (%S+) %d+ (%d) (%S+) (%S+)', string.sub(ARGV[1], 1, 20)
local time = call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local now, mine, last, unpaid, all = string.format('%016d', nowMs), '', '', 0, 0
for record in string.gmatch(call('GET', KEYS[2]) or '', '[^|]+') do
  if record > now then
    if string.sub(record, 18, 37) == key then return {3, string.match(record, whole)} end
    local expires, places = string.match(record, '^(%d+) %S+ (%d+)')
    mine, all = mine .. '|' .. record, all + places
    -- What is sold never ends: a time without zeros in front.
    if string.sub(expires, 1, 1) == '0' then unpaid = unpaid + places end
    if expires > last then last = expires end
  end
end
if ARGV[8] ~= '-' then areas = string.gsub(ARGV[8], '(%d+x%d+)x%d+', '%1') end
local wish, from, taken, epoch = 0, nil, nil, nil
repeat
  from, wish, taken = 9 + wish * size, wish + 1, {-1}
  local found, same = call('HMGET', KEYS[1], '#loaded', unpack(ARGV, from, from + size - 1)), nil
  epoch = found[1]
  if not epoch then return {-3} end
  for i = 2, size + 1 do
    if found[i] and found[i] > now then
      taken[#taken + 1] = ARGV[from + i - 2]
      same = (#taken == 2 or same == found[i]) and found[i]
    end
  end
  -- A fan whose answer got lost asks again and is told of the hold that was made.
  if same and #taken > size and from + size > #ARGV then
    local places, list = string.match(mine, '|' .. same .. ' (%d+) %d [%d,]+ ([^| ]+)')
    local expires, id = string.sub(same, 1, 16), string.sub(same, 18)
    if places == ARGV[6] and list == areas then return {2, expires, id} end
  end
until #taken == 1 or from + size > #ARGV
if #taken > 1 then return taken end
if unpaid + ARGV[6] > tonumber(ARGV[3]) then return {-2, unpaid, ARGV[3]} end
if all + ARGV[6] > tonumber(ARGV[4]) then return {-2, all, ARGV[4]} end
local ends, seats, fields, counts = nowMs + ARGV[2], '-', {}, ''
local expires = string.format('%016d', ends)
local value = expires .. ' ' .. ARGV[1]
if areas ~= '-' then
  for _, over in ipairs(call('ZRANGEBYSCORE', KEYS[3], 0, nowMs, 'LIMIT', 0, 100)) do
    local area, places = string.match(over, '^(%d+) (%d+)')
    call('HINCRBY', KEYS[1], '#area ' .. area, -places)
    call('ZREM', KEYS[3], over)
  end
  for area, places, capacity in string.gmatch(ARGV[8], '(%d+)x(%d+)x(%d+)') do
    local left = capacity - (call('HGET', KEYS[1], '#area ' .. area) or 0)
    if left < tonumber(places) then return {-4, tonumber(area), left} end
  end
  for area, places in string.gmatch(areas, '(%d+)x(%d+)') do
    call('ZADD', KEYS[3], expires, area .. ' ' .. places .. ' ' .. ARGV[1])
    counts = counts .. area .. '=' .. call('HINCRBY', KEYS[1], '#area ' .. area, places) .. ','
  end
end
if size > 0 then
  for i = 1, size do fields[2 * i - 1], fields[2 * i] = ARGV[from + i - 1], value end
  call('HSET', KEYS[1], unpack(fields))
  seats = table.concat(ARGV, ',', from, from + size - 1)
end
local record = value .. ' ' .. ARGV[6] .. ' 0 ' .. seats .. ' ' .. areas .. mine
-- What is sold is remembered for as long as the event's seats are.
local left = string.sub(last, 1, 1) > '0' and call('PTTL', KEYS[1]) or -1
local gone = math.max(ends, left > 0 and nowMs + left or tonumber(last) or 0)
call('SET', KEYS[2], record, 'PXAT', string.format('%d', gone))
local change = expires .. ' ' .. seats .. ' ' .. counts
call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[5], epoch .. '-*', 'held', change)
return {1, expires, wish}
