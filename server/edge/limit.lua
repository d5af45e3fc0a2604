-- Counts requests against quotas (GCRA): a whole quota at once, steady in the long run.
-- KEYS[1..] for each quota of each request, when it will be whole again, in microseconds
-- ARGV[1..] for each "requests window begins": requests in a window, which is in microseconds, and
--   1 where another request begins
-- Returns for each: requests left and microseconds until it is whole. Left is -1 where it refuses,
--   which is not counted, and -2 where one before it has refused the same request
-- Not in the log on disk, where it would be much of what a busy server writes: a count of this
-- minute is worth nothing after a restart. Replicas have it. Some servers cannot say so.
if redis.set_repl then pcall(redis.set_repl, redis.REPL_REPLICA) end
local time, answer, refused = redis.call('TIME'), {}, false
local now = time[1] * 1000000 + time[2]
for i = 1, #KEYS do
  local requests, window, begins = string.match(ARGV[i], '^(%d+) (%d+) (%d)$')
  window = tonumber(window)
  local step = math.floor(window / requests)
  if begins == '1' then refused = false end
  local left, wholeIn = -2, 0
  if not refused then
    wholeIn = math.max(tonumber(redis.call('GET', KEYS[i]) or now) - now, 0)
    refused = wholeIn + step > window
    if refused then
      left = -1
    else
      wholeIn = wholeIn + step
      left = math.floor((window - wholeIn) / step)
      local whole = string.format('%.0f', now + wholeIn)
      redis.call('SET', KEYS[i], whole, 'PX', math.ceil(wholeIn / 1000))
    end
  end
  answer[2 * i - 1], answer[2 * i] = left, wholeIn
end
return answer
