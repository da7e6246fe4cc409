-- The language server of istiops in Neovim 0.7 and later:
--   require("istiops").setup()
--   require("istiops").setup({ settings = { live = true, commands = true } })
local M = {}

local defaults = {
  cmd = { "istiops", "lsp", "--stdio" },
  -- What the server may do besides looking at texts; nothing by default.
  -- These are yours: nothing in a project changes them.
  settings = { live = false, commands = false },
  -- YAML with a VirtualService, DestinationRule or Gateway of Istio, or with
  -- tests of routes: "on", "beside" another server that tells what is no YAML,
  -- or "off".
  yaml = "on",
  on_attach = nil,
  capabilities = nil,
}

-- Other YAML starts nothing.
local function is_ours(buffer)
  local lines = vim.api.nvim_buf_get_lines(buffer, 0, -1, false)
  for _, line in ipairs(lines) do
    if line:find("networking.istio.io/", 1, true)
      or line:find("RouteTests", 1, true)
    then
      return true
    end
  end
  return false
end

-- Files of one repository are judged together: one server for them.
local function root_of(file)
  local found = vim.fs and vim.fs.find
    and vim.fs.find(".git", { upward = true, path = vim.fs.dirname(file) })[1]
  return vim.fn.fnamemodify(found or file, ":p:h")
end

local function start(options, buffer)
  local file = vim.api.nvim_buf_get_name(buffer)
  local settings = vim.tbl_extend("force", options.settings, {
    -- Whoever writes the settings above trusts what is opened with them.
    trusted = options.settings.live or options.settings.commands or false,
    yaml = options.yaml,
  })
  local config = {
    name = "istiops",
    cmd = options.cmd,
    root_dir = root_of(file),
    init_options = settings,
    capabilities = options.capabilities
      or vim.lsp.protocol.make_client_capabilities(),
    on_attach = options.on_attach,
  }
  if vim.lsp.start then
    return vim.lsp.start(config, { bufnr = buffer })
  end
  -- Neovim 0.7: one server for all buffers.
  M.client = M.client and vim.lsp.get_client_by_id(M.client) and M.client
    or vim.lsp.start_client(config)
  if M.client then vim.lsp.buf_attach_client(buffer, M.client) end
  return M.client
end

function M.setup(given)
  local options = vim.tbl_deep_extend("force", defaults, given or {})
  local group = vim.api.nvim_create_augroup("istiops", { clear = true })
  vim.api.nvim_create_autocmd({ "BufRead", "BufNewFile" }, {
    pattern = "*.istiops",
    group = group,
    command = "setfiletype istiops",
  })
  vim.api.nvim_create_autocmd("FileType", {
    pattern = "istiops",
    group = group,
    callback = function(event)
      vim.bo[event.buf].commentstring = "# %s"
      start(options, event.buf)
    end,
  })
  if options.yaml == "off" then return end
  vim.api.nvim_create_autocmd({ "FileType", "BufWritePost" }, {
    pattern = { "yaml", "*.yaml", "*.yml" },
    group = group,
    callback = function(event)
      local buffer = event.buf
      if vim.bo[buffer].filetype == "yaml" and is_ours(buffer) then
        start(options, buffer)
      end
    end,
  })
end

return M
