-- Gives a hold its time again, once.
-- KEYS[1] seats of the event   KEYS[2] what the owner has   KEYS[3] places of areas
-- KEYS[4] the seat log
-- ARGV[1] hold id   ARGV[2] lease in ms, from now   ARGV[3] entries that the log keeps
-- Returns {1, expiresMs, seats, areas} | {0} the owner has no such hold | {-1, expiresMs} it was
--   extended before
local time, rest, mine, last = redis.call('TIME'), {}, nil, ''
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local now = string.format('%016d', nowMs)
for record in string.gmatch(redis.call('GET', KEYS[2]) or '', '[^|]+') do
  if string.match(record, '^%d+ (%S+)') == ARGV[1] then mine = record
  elseif record > now then
    rest[#rest + 1] = record
    last = math.max(tonumber(last) or 0, tonumber(string.sub(record, 1, 16)))
  end
end
local epoch = redis.call('HGET', KEYS[1], '#loaded')
if not mine or mine <= now or not epoch then return {0} end
local before, places, extended, seats, areas =
  string.match(mine, '^(%d+) %S+ (%d+) (%d) (%S+) (%S+)')
if extended == '1' then return {-1, before} end
local ends, fields = math.max(nowMs + ARGV[2], tonumber(before)), {}
local expires = string.format('%016d', ends)
for seat in string.gmatch(seats, '%d+') do
  -- A claim that came in between has the seat: half a hold is not extended.
  if redis.call('HGET', KEYS[1], seat) ~= before .. ' ' .. ARGV[1] then return {0} end
  fields[#fields + 1] = seat
  fields[#fields + 1] = expires .. ' ' .. ARGV[1]
end
if #fields > 0 then redis.call('HSET', KEYS[1], unpack(fields)) end
for area, some in string.gmatch(areas, '(%d+)x(%d+)') do
  redis.call('ZADD', KEYS[3], 'XX', expires, area .. ' ' .. some .. ' ' .. ARGV[1])
end
-- Its first end stays known, and with it when the hold was made.
local record = { expires, ARGV[1], places, '1', seats, areas, before }
rest[#rest + 1] = table.concat(record, ' ')
-- What is sold is remembered for as long as the event's seats are.
local gone, left = tonumber(last) or 0, redis.call('PTTL', KEYS[1])
if left > 0 then gone = math.min(gone, nowMs + left) end
local endsLast = string.format('%d', math.max(ends, gone))
redis.call('SET', KEYS[2], table.concat(rest, '|'), 'PXAT', endsLast)
local change = expires .. ' ' .. seats .. ' '
redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[3], epoch .. '-*', 'held', change)
return {1, expires, seats, areas}
