-- Shows what Postgres decided: seats that an order has until it expires, or for good.
-- KEYS[1] seats of the event   KEYS[2] the hold that the order was made of
-- KEYS[3] seats that its owner leases or has not paid yet
-- ARGV[1] order id   ARGV[2] expiresMs   ARGV[3] '1' when sold   ARGV[4..] seats
-- Returns the number of seats shown; a claim that is over, or that another order followed, is not
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if tonumber(ARGV[2]) <= now then return 0 end
local shown = 0
for i = 4, #ARGV do
  local value = redis.call('HGET', KEYS[1], ARGV[i])
  local expires, holder = string.match(value or '0 -', '^(%d+) (.+)$')
  local other = holder ~= ARGV[1] and string.sub(holder, 1, 4) == 'ord_' and tonumber(expires) > now
  local later = holder == ARGV[1] and tonumber(expires) > tonumber(ARGV[2])
  -- A late message must not take back what a newer one showed; a lease gives way to a claim.
  if not later and (ARGV[3] == '1' or not other) then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[2] .. ' ' .. ARGV[1])
    shown = shown + 1
  end
  if ARGV[3] == '1' then
    redis.call('HDEL', KEYS[3], ARGV[i])
  else
    redis.call('HSET', KEYS[3], ARGV[i], ARGV[2] .. ' ' .. ARGV[1])
  end
end
if ARGV[3] ~= '1' then redis.call('PEXPIREAT', KEYS[3], ARGV[2]) end
redis.call('DEL', KEYS[2])
return shown
