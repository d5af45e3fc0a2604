-- Shows what Postgres decided: places that an order has until it expires, or for good.
-- KEYS[1] seats of the event   KEYS[2] what the owner has   KEYS[3] places of areas
-- KEYS[4] the seat log
-- ARGV[1] order id   ARGV[2] expiresMs, 16 digits   ARGV[3] the hold that it was made of
-- ARGV[4] entries that the log keeps   ARGV[5] "areaxplaces,..." or "-"
-- ARGV[6] places of the order   ARGV[7..] the seats among them
-- Returns the number of seats shown; a claim that is over, or that another order followed, is not
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local now = string.format('%016d', nowMs)
if ARGV[2] <= now then return 0 end
local value, shown, counts = ARGV[2] .. ' ' .. ARGV[1], {}, ''
local sold = string.sub(ARGV[2], 1, 1) ~= '0'
local seats = redis.call('HMGET', KEYS[1], '#loaded', unpack(ARGV, 7))
local epoch, fields = seats[1], {}
for i = 7, #ARGV do
  local before = seats[i - 5] or ''
  local own = string.sub(before, 18) == ARGV[1]
  local other = not own and string.sub(before, 18, 21) == 'ord_' and before > now
  -- A late message must not take back what a newer one showed; a lease gives way to a claim.
  if not (own and before > value) and (sold or not other) then
    shown[#shown + 1] = ARGV[i]
    fields[2 * #shown - 1], fields[2 * #shown] = ARGV[i], value
  end
end
if #shown > 0 then redis.call('HSET', KEYS[1], unpack(fields)) end
for area, places in string.gmatch(ARGV[5], '(%d+)x(%d+)') do
  local left = redis.call('ZREM', KEYS[3], area .. ' ' .. places .. ' ' .. ARGV[3])
  local order = area .. ' ' .. places .. ' ' .. ARGV[1]
  local more = redis.call('ZSCORE', KEYS[3], order) and 0 or 1
  redis.call('ZADD', KEYS[3], 'GT', ARGV[2], order)
  local taken = redis.call('HINCRBY', KEYS[1], '#area ' .. area, (more - left) * places)
  counts = counts .. area .. '=' .. taken .. ','
end
-- The owner's record of the order takes the place of the hold's; sold places count on.
local order = value .. ' ' .. ARGV[6] .. ' 0 - -'
local records, last = {}, 0
for record in string.gmatch(redis.call('GET', KEYS[2]) or '', '[^|]+') do
  local holder = string.match(record, '^%d+ (%S+)')
  if holder == ARGV[1] then order = record > order and record or order
  elseif holder ~= ARGV[3] and record > now then records[#records + 1] = record end
end
records[#records + 1] = order
for _, record in ipairs(records) do last = math.max(last, tonumber(string.sub(record, 1, 16))) end
-- What is sold is remembered for as long as the event's seats are.
local left = redis.call('PTTL', KEYS[1])
if left > 0 then last = math.min(last, nowMs + left) end
redis.call('SET', KEYS[2], table.concat(records, '|'), 'PXAT', string.format('%d', last))
local change = ARGV[2] .. ' ' .. (#shown > 0 and table.concat(shown, ',') or '-') .. ' ' .. counts
local log = { epoch and epoch .. '-*', sold and 'sold' or 'held', change }
if epoch then redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[4], unpack(log)) end
return #shown
