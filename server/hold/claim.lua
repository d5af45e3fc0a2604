-- Shows what Postgres decided: seats that an order has, until it expires. Claims win over leases.
-- KEYS[1] seats of the event   KEYS[2] the hold that the order was
-- made of   KEYS[3] seats leased to its owner
-- ARGV[1] order id   ARGV[2] expiresMs   ARGV[3..] seats
-- Returns the number of seats
for i = 3, #ARGV do
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[2] .. ' ' .. ARGV[1])
  redis.call('HDEL', KEYS[3], ARGV[i])
end
redis.call('DEL', KEYS[2])
return #ARGV - 2
