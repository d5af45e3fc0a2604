-- Brings the claims of Postgres back after Redis was away; nothing that is newer is overwritten.
-- KEYS[1] seats of the event   KEYS[2] places of areas   KEYS[3] the seat log
-- ARGV[1] 'first', 'last', 'only' or 'more': which part; the last one opens the event for holds
-- ARGV[2] names this load   ARGV[3..] seat or "area places", "expiresMs order" with 16 digits, ...
-- Returns {claims that were not shown before, name of the load that the event is in by now}
--   | {-1} a part that came before is gone: begin again
local isFirst = ARGV[1] == 'first' or ARGV[1] == 'only'
local isLast = ARGV[1] == 'last' or ARGV[1] == 'only'
local epoch = redis.call('HGET', KEYS[1], '#loaded')
-- Processes that load at once are in one load: what each has shown is there for all.
if not epoch and isFirst then redis.call('HSETNX', KEYS[1], '#loading', ARGV[2]) end
local load = redis.call('HGET', KEYS[1], '#loading')
if not epoch and not isFirst and load ~= ARGV[2] then return {-1} end
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local now = string.format('%016d', nowMs)
local shown = 0
for i = 3, #ARGV, 2 do
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
if isLast then redis.call('HDEL', KEYS[1], '#loading') end
-- A log of an event whose seats were wiped is of another time.
if not epoch and isLast then redis.call('DEL', KEYS[3]) end
-- Who follows the log learns by a new epoch that it has to look at everything again.
if (epoch and shown > 0) or (not epoch and isLast) then
  local next = string.format('%d', math.max(nowMs, (tonumber(epoch) or 0) + 1))
  redis.call('HSET', KEYS[1], '#loaded', next)
  redis.call('XADD', KEYS[3], next .. '-*', 'loaded', tostring(shown))
end
return {shown, load or ARGV[2]}
