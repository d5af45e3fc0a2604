-- Reads what changed in an event's seats since an entry of its log, with the time of the server.
-- KEYS[1] seats of the event   KEYS[2] the seat log
-- ARGV[1] the last entry known   ARGV[2] entries at most
-- Returns {nowMs, epoch or '', last entry or '', entries after the known one...}
local time = redis.call('TIME')
local now = string.format('%d', time[1] * 1000 + math.floor(time[2] / 1000))
local newest = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
local answer = {now, redis.call('HGET', KEYS[1], '#loaded') or '', newest and newest[1] or ''}
for _, entry in ipairs(redis.call('XRANGE', KEYS[2], '(' .. ARGV[1], '+', 'COUNT', ARGV[2])) do
  answer[#answer + 1] = entry
end
return answer
