-- Gives the places of a hold back, if it is the caller's.
-- KEYS[1] seats of the event   KEYS[2] what the owner has   KEYS[3] places of areas
-- KEYS[4] the seat log
-- ARGV[1] hold id   ARGV[2] entries that the log keeps
-- Returns 1 when released, 0 when the owner has no such hold
local time, rest, mine = redis.call('TIME'), {}, nil
local now = string.format('%016d', time[1] * 1000 + math.floor(time[2] / 1000))
for record in string.gmatch(redis.call('GET', KEYS[2]) or '', '[^|]+') do
  if string.match(record, '^%d+ (%S+)') == ARGV[1] then mine = record
  elseif record > now then rest[#rest + 1] = record end
end
if not mine then return 0 end
redis.call('SET', KEYS[2], table.concat(rest, '|'), 'KEEPTTL')
local expires, seats, areas = string.match(mine, '^(%d+) %S+ %d+ %d (%S+) (%S+)')
local free, counts = {}, ''
for seat in string.gmatch(seats, '%d+') do
  -- A lease that ended may be somebody else's by now.
  if redis.call('HGET', KEYS[1], seat) == expires .. ' ' .. ARGV[1] then
    redis.call('HDEL', KEYS[1], seat)
    free[#free + 1] = seat
  end
end
for area, places in string.gmatch(areas, '(%d+)x(%d+)') do
  if redis.call('ZREM', KEYS[3], area .. ' ' .. places .. ' ' .. ARGV[1]) == 1 then
    local taken = redis.call('HINCRBY', KEYS[1], '#area ' .. area, -places)
    counts = counts .. area .. '=' .. taken .. ','
  end
end
local epoch = redis.call('HGET', KEYS[1], '#loaded')
local list = #free > 0 and table.concat(free, ',') or '-'
local change = '0 ' .. list .. ' ' .. counts
if epoch then redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[2], epoch .. '-*', 'free', change) end
return expires > now and 1 or 0
