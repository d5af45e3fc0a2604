-- Shows places of an order as free after they were refunded, if they are still shown as its own.
-- KEYS[1] seats of the event   KEYS[2] what the owner has   KEYS[3] places of areas
-- KEYS[4] the seat log
-- ARGV[1] order id   ARGV[2] entries that the log keeps   ARGV[3] places that the order still has
-- ARGV[4] "areaxplaces,..." that the order still has of each area, 0 for none, or "-"
-- ARGV[5..] the seats that are free
-- Returns the number of seats shown as free; done twice, it is done once
local free, counts = {}, ''
for i = 5, #ARGV do
  if string.sub(redis.call('HGET', KEYS[1], ARGV[i]) or '', 18) == ARGV[1] then
    redis.call('HDEL', KEYS[1], ARGV[i])
    free[#free + 1] = ARGV[i]
  end
end
-- The order's places of an area are one member, whose name has their number in it.
for area, left in string.gmatch(ARGV[4], '(%d+)x(%d+)') do
  for _, member in ipairs(redis.call('ZRANGE', KEYS[3], 0, -1)) do
    local of, places, holder = string.match(member, '^(%d+) (%d+) (%S+)$')
    if of == area and holder == ARGV[1] and tonumber(places) > tonumber(left) then
      local untilMs = redis.call('ZSCORE', KEYS[3], member)
      redis.call('ZREM', KEYS[3], member)
      if left ~= '0' then redis.call('ZADD', KEYS[3], untilMs, area .. ' ' .. left .. ' ' .. ARGV[1]) end
      local taken = redis.call('HINCRBY', KEYS[1], '#area ' .. area, left - places)
      counts = counts .. area .. '=' .. taken .. ','
    end
  end
end
-- What the owner has counts for the limits of a person.
local records, mine = {}, false
for record in string.gmatch(redis.call('GET', KEYS[2]) or '', '[^|]+') do
  local untilMs, holder, rest = string.match(record, '^(%d+) (%S+) %d+( .*)$')
  if holder == ARGV[1] then
    mine = true
    if ARGV[3] ~= '0' then
      records[#records + 1] = untilMs .. ' ' .. holder .. ' ' .. ARGV[3] .. rest
    end
  else records[#records + 1] = record end
end
if mine then redis.call('SET', KEYS[2], table.concat(records, '|'), 'KEEPTTL') end
local epoch = redis.call('HGET', KEYS[1], '#loaded')
if epoch and (#free > 0 or counts ~= '') then
  local change = '0 ' .. (#free > 0 and table.concat(free, ',') or '-') .. ' ' .. counts
  redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[2], epoch .. '-*', 'free', change)
end
return #free
