-- Counts one request against quotas (GCRA): a whole quota at once, steady in the long run.
-- KEYS[1..] for each quota, when it will be whole again, in microseconds
-- ARGV[1..] for each quota, requests in a window and the window in microseconds
-- Returns for each quota: 1 when allowed, requests left, microseconds until it is whole,
--   microseconds to wait; none after the first that refuses, which is not counted
local time, answer = redis.call('TIME'), {}
local now = time[1] * 1000000 + time[2]
for i = 1, #KEYS do
  local window = tonumber(ARGV[2 * i])
  local step = math.floor(window / tonumber(ARGV[2 * i - 1]))
  local whole = math.max(tonumber(redis.call('GET', KEYS[i]) or now), now)
  local after, at = whole + step, 4 * i
  if after - now > window then
    answer[at - 3], answer[at - 2] = 0, 0
    answer[at - 1], answer[at] = whole - now, after - now - window
    return answer
  end
  redis.call('SET', KEYS[i], string.format('%.0f', after), 'PX', math.ceil((after - now) / 1000))
  answer[at - 3], answer[at - 2] = 1, math.floor((window - (after - now)) / step)
  answer[at - 1], answer[at] = after - now, 0
end
return answer
