-- Brings the claims of Postgres back after Redis was away; nothing that is newer is overwritten.
-- KEYS[1] seats of the event   KEYS[2] places of areas   KEYS[3] the seat log
-- ARGV[1] '1' with the last part, which opens the event for holds
-- ARGV[2..] seat or "area places", "expiresMs order" with 16 digits, ...
-- Returns the number of claims that were not shown before
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local now = string.format('%016d', nowMs)
local shown = 0
for i = 2, #ARGV, 2 do
  local area, places = string.match(ARGV[i], '^(%d+) (%d+)$')
  if area then
    local member = ARGV[i] .. string.sub(ARGV[i + 1], 17)
    if redis.call('ZADD', KEYS[2], 'GT', string.sub(ARGV[i + 1], 1, 16), member) == 1 then
      redis.call('HINCRBY', KEYS[1], '#area ' .. area, places)
      shown = shown + 1
    end
  else
    local before = redis.call('HGET', KEYS[1], ARGV[i]) or ''
    local order = string.sub(before, 18, 21) == 'ord_' and before > now
    -- A claim beats a lease; of two claims the one that lasts longer was made later.
    if not order or string.sub(before, 1, 16) < string.sub(ARGV[i + 1], 1, 16) then
      redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
      shown = shown + 1
    end
  end
end
local epoch = redis.call('HGET', KEYS[1], '#loaded')
-- A log of an event whose seats were wiped is of another time.
if not epoch and ARGV[1] == '1' then redis.call('DEL', KEYS[3]) end
-- Who follows the log learns by a new epoch that it has to look at everything again.
if (epoch and shown > 0) or (not epoch and ARGV[1] == '1') then
  local next = string.format('%d', math.max(nowMs, (tonumber(epoch) or 0) + 1))
  redis.call('HSET', KEYS[1], '#loaded', next)
  redis.call('XADD', KEYS[3], next .. '-*', 'loaded', tostring(shown))
end
return shown
