-- Gives the seats of a hold back, if it is the caller's.
-- KEYS[1] seats of the event   KEYS[2] the hold   KEYS[3] seats leased to the owner
-- ARGV[1] hold id   ARGV[2] owner
-- Returns 1 when released, 0 when there is no such hold of this owner
if redis.call('HGET', KEYS[2], 'owner') ~= ARGV[2] then return 0 end
for seat in string.gmatch(redis.call('HGET', KEYS[2], 'seats'), '%S+') do
  local value = redis.call('HGET', KEYS[1], seat)
  -- A lease that ended may be somebody else's by now.
  if value and string.match(value, ' (.+)$') == ARGV[1] then redis.call('HDEL', KEYS[1], seat) end
  redis.call('HDEL', KEYS[3], seat)
end
redis.call('DEL', KEYS[2])
return 1
