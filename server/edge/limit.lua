-- Counts one request against a quota (GCRA): a whole quota at once, steady in the long run.
-- KEYS[1] when the quota will be whole again, in microseconds
-- ARGV[1] requests in a window   ARGV[2] the window in microseconds
-- Returns {1 when allowed, requests left, microseconds until it is whole, microseconds to wait}
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local window = tonumber(ARGV[2])
local step = math.floor(window / tonumber(ARGV[1]))
local whole = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local after = whole + step
if after - now > window then return {0, 0, whole - now, after - now - window} end
redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', math.ceil((after - now) / 1000))
return {1, math.floor((window - (after - now)) / step), after - now, 0}
