-- Lists the holds of one owner that have not ended.
-- KEYS[1] what the owner has
-- ARGV[1] the one hold that is asked for, or "-" for all
-- Returns "expiresMs holder places extended seats areas firstEndMs?", ... without orders
local time, live = redis.call('TIME'), {}
local now = string.format('%016d', time[1] * 1000 + math.floor(time[2] / 1000))
for record in string.gmatch(redis.call('GET', KEYS[1]) or '', '[^|]+') do
  local holder = string.match(record, '^%d+ (%S+)')
  local asked = ARGV[1] == '-' or ARGV[1] == holder
  if asked and string.sub(holder, 1, 4) == 'hld_' and record > now then live[#live + 1] = record end
end
return live
