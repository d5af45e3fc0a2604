-- Leases seats to one owner: all of them or none (I1 begins here; the claim in Postgres decides).
-- KEYS[1] seats of the event: hash seat -> "expiresMs holder"
-- KEYS[2] the hold: hash owner, expires, seats
-- KEYS[3] seats that the owner leases or has not paid yet: hash seat -> "expiresMs holder"
-- ARGV[1] hold id   ARGV[2] owner   ARGV[3] lease in ms   ARGV[4] seats that one owner may have
-- ARGV[5..] seats
-- Returns {1, expiresMs} | {2, expiresMs, hold id} the owner holds exactly these already
--   | {-1, taken seats...} | {-2, seats of the owner} | {-3} claims not loaded
if redis.call('HEXISTS', KEYS[1], '#loaded') == 0 then return {-3} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function live(value)
  if not value then return nil end
  local expires, holder = string.match(value, '^(%d+) (.+)$')
  if tonumber(expires) > now then return expires, holder end
end

local mine, count, perHolder = {}, 0, {}
local leased = redis.call('HGETALL', KEYS[3])
for i = 1, #leased, 2 do
  local _, holder = live(leased[i + 1])
  if holder then
    mine[leased[i]] = holder
    count = count + 1
    perHolder[holder] = (perHolder[holder] or 0) + 1
  else
    redis.call('HDEL', KEYS[3], leased[i])
  end
end

local taken, wanted, same, until_ = {-1}, #ARGV - 4, nil, nil
for i = 5, #ARGV do
  local expires, holder = live(redis.call('HGET', KEYS[1], ARGV[i]))
  if holder then
    taken[#taken + 1] = ARGV[i]
    until_ = expires
    if same == nil then same = holder end
    if holder ~= same or mine[ARGV[i]] ~= holder then same = false end
  end
end
-- A fan whose answer got lost asks again and is told of the hold that was made.
if #taken - 1 == wanted and same and perHolder[same] == wanted
  and string.sub(same, 1, 4) == 'hld_' then return {2, until_, same} end
if #taken > 1 then return taken end
if count + wanted > tonumber(ARGV[4]) then return {-2, count} end

local expires = string.format('%.0f', now + tonumber(ARGV[3]))
local seats = {}
for i = 5, #ARGV do
  redis.call('HSET', KEYS[1], ARGV[i], expires .. ' ' .. ARGV[1])
  redis.call('HSET', KEYS[3], ARGV[i], expires .. ' ' .. ARGV[1])
  seats[#seats + 1] = ARGV[i]
end
redis.call('HSET', KEYS[2], 'owner', ARGV[2], 'expires', expires, 'seats', table.concat(seats, ' '))
redis.call('PEXPIREAT', KEYS[2], expires)
redis.call('PEXPIREAT', KEYS[3], expires)
return {1, expires}
