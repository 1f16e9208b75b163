-- A mixture of what Lua programs do: tables, closures, strings, recursion, garbage.
local function tree(depth)
  if depth == 0 then return {} end
  return { tree(depth - 1), tree(depth - 1) }
end
local function count(node)
  return node[1] and 1 + count(node[1]) + count(node[2]) or 1
end

local function words(n)
  local seed, freq = 12345, {}
  for _ = 1, n do
    seed = (seed * 1103515245 + 12345) & 0x7fffffff
    local word = ("w%x"):format(seed % 5003)
    freq[word] = (freq[word] or 0) + 1
  end
  local list = {}
  for word, times in pairs(freq) do list[#list + 1] = { word, times } end
  table.sort(list, function(a, b)
    if a[2] ~= b[2] then return a[2] > b[2] end
    return a[1] < b[1]
  end)
  local parts = {}
  for i = 1, 500 do parts[i] = list[i][1] .. "=" .. list[i][2] end
  local text, digits = table.concat(parts, ","), 0
  for _, number in text:gmatch("(%w+)=(%d+)") do digits = digits + #number end
  return #text, digits, (text:gsub("7", "seven")):len()
end

local function spectral(n)
  local function a(i, j) return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1) end
  local u = {}
  for i = 0, n - 1 do u[i] = 1 end
  for _ = 1, 3 do
    local v = {}
    for i = 0, n - 1 do
      local sum = 0
      for j = 0, n - 1 do sum = sum + a(i, j) * u[j] end
      v[i] = sum
    end
    u = v
  end
  return ("%.9f"):format(u[0] + u[n - 1])
end

local Account = {}
Account.__index = Account
function Account.new() return setmetatable({ balance = 0 }, Account) end
function Account:add(n) self.balance = (self.balance + n) % 1000003 end
local function objects(n)
  local list = {}
  for i = 1, 100 do list[i] = Account.new() end
  for i = 1, n do list[i % 100 + 1]:add(i) end
  local sum = 0
  for _, account in ipairs(list) do sum = sum + account.balance end
  return sum
end

for _ = 1, tonumber(arg[1]) do
  print(count(tree(14)), spectral(250), objects(400000), words(60000))
end
