-- Brings the claims of Postgres back after Redis was away; nothing that is newer is overwritten.
-- KEYS[1] seats of the event
-- ARGV[1] '1' with the last part, which opens the event for holds
-- ARGV[2..] seat, "expiresMs order", ...
-- Returns the number of claims that were not shown before
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local shown = 0
for i = 2, #ARGV, 2 do
  local value = redis.call('HGET', KEYS[1], ARGV[i])
  local expires, holder = string.match(value or '0 -', '^(%d+) (.+)$')
  local order = string.sub(holder, 1, 4) == 'ord_' and tonumber(expires) > now
  -- A claim beats a lease; of two claims the one that lasts longer was made later.
  if not order or tonumber(expires) < tonumber(string.match(ARGV[i + 1], '^%d+')) then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
    shown = shown + 1
  end
end
if ARGV[1] == '1' then redis.call('HSET', KEYS[1], '#loaded', '1') end
return shown
