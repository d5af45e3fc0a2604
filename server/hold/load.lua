-- Brings the claims of Postgres back after Redis was wiped; leases that exist stay.
-- KEYS[1] seats of the event
-- ARGV[1] '1' with the last part, which opens the event for holds   ARGV[2..] seat, "expiresMs order", ...
-- Returns the number of claims
for i = 2, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
if ARGV[1] == '1' then redis.call('HSET', KEYS[1], '#loaded', '1') end
return (#ARGV - 1) / 2
