-- Leases seats to one owner: all of them or none (I1 begins here; the claim in Postgres decides).
-- KEYS[1] seats of the event: hash seat -> "expiresMs holder"
-- KEYS[2] the hold: hash owner, expires, seats
-- KEYS[3] seats leased to the owner: hash seat -> expiresMs
-- ARGV[1] hold id   ARGV[2] owner   ARGV[3] lease in ms   ARGV[4] seats that one owner may lease
-- ARGV[5..] seats
-- Returns {1, expiresMs} | {-1, taken seats...} | {-2, seats
-- leased already} | {-3} claims not loaded
if redis.call('HEXISTS', KEYS[1], '#loaded') == 0 then return {-3} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local taken = {-1}
for i = 5, #ARGV do
  local value = redis.call('HGET', KEYS[1], ARGV[i])
  if value and tonumber(string.match(value, '^(%d+)')) > now then taken[#taken + 1] = ARGV[i] end
end
if #taken > 1 then return taken end

local leased = 0
local mine = redis.call('HGETALL', KEYS[3])
for i = 1, #mine, 2 do
  if tonumber(mine[i + 1]) > now then
    leased = leased + 1
  else
    redis.call('HDEL', KEYS[3], mine[i])
  end
end
if leased + #ARGV - 4 > tonumber(ARGV[4]) then return {-2, leased} end

local expires = string.format('%.0f', now + tonumber(ARGV[3]))
local seats = {}
for i = 5, #ARGV do
  redis.call('HSET', KEYS[1], ARGV[i], expires .. ' ' .. ARGV[1])
  redis.call('HSET', KEYS[3], ARGV[i], expires)
  seats[#seats + 1] = ARGV[i]
end
redis.call('HSET', KEYS[2], 'owner', ARGV[2], 'expires', expires, 'seats', table.concat(seats, ' '))
redis.call('PEXPIREAT', KEYS[2], expires)
redis.call('PEXPIREAT', KEYS[3], expires)
return {1, expires}
