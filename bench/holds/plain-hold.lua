-- The least that a hold of several seats can be: a key for each, all or none. What ours is held against.
-- KEYS[1..] a key for each seat
-- ARGV[1] owner   ARGV[2] lease in ms
-- Returns 1 when held, 0 when a seat is taken
for i = 1, #KEYS do if redis.call('EXISTS', KEYS[i]) == 1 then return 0 end end
for i = 1, #KEYS do redis.call('SET', KEYS[i], ARGV[1], 'PX', ARGV[2]) end
return 1
