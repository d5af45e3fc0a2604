-- Counts requests against quotas (GCRA): a whole quota at once, steady in the long run.
-- KEYS[1..] for each quota of each request, when it will be whole again, in microseconds
-- ARGV[1..] for each "requests window begins": requests in a window, which is in microseconds, and
--   1 where another request begins
-- Returns for each: requests left and microseconds until it is whole. Left is -1 where it refuses,
--   which is not counted, and -2 where one before it has refused the same request
-- Not in the log on disk, where it would be much of what a busy server writes: a count of this
-- minute is worth nothing after a restart. Replicas have it. Some servers cannot say so.
if redis.set_repl then pcall(redis.set_repl, redis.REPL_REPLICA) end
local call, format = redis.call, string.format
local time, answer, refused, known = call('TIME'), {}, false, {}
local now = time[1] * 1000000 + time[2]
for i = 1, #KEYS do
  local terms = known[ARGV[i]]
  if not terms then
    local requests, window, begins = string.match(ARGV[i], '^(%d+) (%d+) (%d)$')
    terms = { tonumber(window), math.floor(window / requests), begins == '1' }
    known[ARGV[i]] = terms
  end
  local window, step, begins = terms[1], terms[2], terms[3]
  if begins then refused = false end
  local left, wholeIn = -2, 0
  if not refused then
    local whole = call('GET', KEYS[i])
    if whole then wholeIn = math.max(whole - now, 0) end
    refused = wholeIn + step > window
    if refused then
      left = -1
    else
      wholeIn = wholeIn + step
      left = math.floor((window - wholeIn) / step)
      local lifeMs = format('%d', wholeIn / 1000 + 1)
      -- As texts: a number takes Redis twice as long to write down.
      call('SET', KEYS[i], format('%d', now + wholeIn), 'PX', lifeMs)
    end
  end
  answer[2 * i - 1], answer[2 * i] = left, wholeIn
end
return answer
