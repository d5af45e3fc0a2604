-- Leases places to one owner: the first wish whose seats are all free, all of it or nothing.
-- KEYS[1] seats of the event: hash seat -> "expiresMs holder", '#loaded' -> epoch of the log,
--   '#area <id>' -> places of it that are taken. Each expiresMs has 16 digits: they sort as text
-- KEYS[2] what the owner has: "expiresMs holder places extended seats areas firstEndMs?|..."
-- KEYS[3] places of areas: sorted set "area places holder" by expiresMs   KEYS[4] the seat log
-- ARGV[1] hold id   ARGV[2] lease in ms   ARGV[3] unpaid places that one owner may have
-- ARGV[4] all places, or "-"   ARGV[5] entries that the log keeps   ARGV[6] seats of a wish
-- ARGV[7] "areaxplacesxcapacity,..." or "-"   ARGV[8..] best wish first
-- Returns "expiresMs", from the second wish on "expiresMs wish" | {2, expiresMs, hold id} it is the
--   owner's already | {-1, taken seats of the last wish...} | {-2, places of the owner, limit}
--   | {-3} not loaded | {-4, area, places left} | {3, expiresMs, id, extended, seats, areas} by key
local call, sub, id, size = redis.call, string.sub, ARGV[1], tonumber(ARGV[6])
local time, had, places, areas = call('TIME'), call('GET', KEYS[2]), ARGV[6], '-'
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local now, mine, last, unpaid, all = string.format('%016d', nowMs), '', '', 0, 0
if had then for record in string.gmatch(had, '[^|]+') do
  if record > now then
    local whole, key = '^(%d+) (%S+) %d+ (%d) (%S+) (%S+)', sub(id, 1, 20)
    if sub(record, 18, 37) == key then return {3, string.match(record, whole)} end
    local expires, some = string.match(record, '^(%d+) %S+ (%d+)')
    mine, all = mine .. '|' .. record, all + some
    -- What is sold never ends: a time without zeros in front.
    if sub(expires, 1, 1) == '0' then unpaid = unpaid + some end
    if expires > last then last = expires end
  end
end end
if ARGV[7] ~= '-' then
  areas = string.gsub(ARGV[7], '(%d+x%d+)x%d+', '%1')
  for some in string.gmatch(areas, 'x(%d+)') do places = places + some end
end
local wish, from, taken, same, found, fields = 0, nil, nil, nil, nil, {0, 0, 0, 0, 0, 0, 0, 0}
repeat
  from, wish, taken, same = 8 + wish * size, wish + 1, {-1}, nil
  found = call('HMGET', KEYS[1], '#loaded', unpack(ARGV, from, from + size - 1))
  if not found[1] then return {-3} end
  for i = 2, size + 1 do
    if found[i] and found[i] > now then
      taken[#taken + 1] = ARGV[from + i - 2]
      same = (#taken == 2 or same == found[i]) and found[i]
    end
  end
  -- A fan whose answer got lost asks again and is told of the hold that was made.
  if same and #taken > size and from + size > #ARGV then
    local some, list = string.match(mine, '|' .. same .. ' (%d+) %d [%d,]+ ([^| ]+)')
    if list == areas and some == places .. '' then return {2, sub(same, 1, 16), sub(same, 18)} end
  end
until #taken == 1 or from + size > #ARGV
if #taken > 1 then return taken end
if unpaid + places > tonumber(ARGV[3]) then return {-2, unpaid, ARGV[3]} end
if ARGV[4] ~= '-' and all + places > tonumber(ARGV[4]) then return {-2, all, ARGV[4]} end
local seats, counts, expires = '-', '', string.format('%016d', nowMs + ARGV[2])
local value = expires .. ' ' .. id
if areas ~= '-' then
  for _, over in ipairs(call('ZRANGEBYSCORE', KEYS[3], 0, nowMs, 'LIMIT', 0, 100)) do
    local area, some = string.match(over, '^(%d+) (%d+)')
    call('HINCRBY', KEYS[1], '#area ' .. area, -some)
    call('ZREM', KEYS[3], over)
  end
  for area, some, capacity in string.gmatch(ARGV[7], '(%d+)x(%d+)x(%d+)') do
    local left = capacity - (call('HGET', KEYS[1], '#area ' .. area) or 0)
    if left < tonumber(some) then return {-4, tonumber(area), left} end
  end
  for area, some in string.gmatch(areas, '(%d+)x(%d+)') do
    call('ZADD', KEYS[3], expires, area .. ' ' .. some .. ' ' .. id)
    counts = counts .. area .. '=' .. call('HINCRBY', KEYS[1], '#area ' .. area, some) .. ','
  end
end
if size > 0 then
  for i = 1, size do fields[2 * i - 1], fields[2 * i] = ARGV[from + i - 1], value end
  call('HSET', KEYS[1], unpack(fields, 1, 2 * size))
  seats = table.concat(ARGV, ',', from, from + size - 1)
end
local record = value .. ' ' .. places .. ' 0 ' .. seats .. ' ' .. areas .. mine
-- What is sold is remembered for as long as the event's seats are.
local left = last > '1' and call('PTTL', KEYS[1]) or -1
local lease = last == '' and ARGV[2] or math.max(ARGV[2], left > 0 and left or last - nowMs)
call('SET', KEYS[2], record, 'PX', lease)
local change = expires .. ' ' .. seats .. ' ' .. counts
call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[5], found[1] .. '-*', 'held', change)
return wish == 1 and expires or expires .. ' ' .. wish
