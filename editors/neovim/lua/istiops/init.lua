-- The language server of istiops in Neovim 0.7 and later:
--   require("istiops").setup()
--   require("istiops").setup({ settings = { live = true, commands = true } })
local M = {}

local defaults = {
  cmd = { "istiops", "lsp", "--stdio" },
  -- What the server may do besides looking at texts; nothing by default.
  -- These are yours: nothing in a project changes them.
  settings = { live = false, commands = false },
  on_attach = nil,
  capabilities = nil,
}

local function start(options, buffer)
  local file = vim.api.nvim_buf_get_name(buffer)
  local settings = vim.tbl_extend("force", options.settings, {
    -- Whoever writes the settings above trusts what is opened with them.
    trusted = options.settings.live or options.settings.commands or false,
  })
  local config = {
    name = "istiops",
    cmd = options.cmd,
    root_dir = vim.fn.fnamemodify(file, ":p:h"),
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
end

return M
