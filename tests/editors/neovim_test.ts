import { assertEquals, assertStringIncludes } from "../support/assert.ts";

const PLUGIN = new URL("../../editors/neovim", import.meta.url).pathname;
const MAIN = new URL("../../main.ts", import.meta.url).pathname;

/** Undefined where there is no Neovim. */
const version = await new Deno.Command("nvim", { args: ["--version"] }).output()
  .then(
    ({ stdout }) => /NVIM v(\S+)/.exec(new TextDecoder().decode(stdout))?.[1],
    () => undefined,
  );

const name = "a real Neovim shows what is wrong in a script, and mends it";

Deno.test({
  name: version === undefined
    ? `${name} (skipped: nvim is not installed)`
    : `${name} (${version})`,
  ignore: version === undefined,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const script = `${folder}/release.istiops`;
      await Deno.writeTextFile(
        script,
        "# 世 👍🏽\nshow\n  shfit   api -b 3 -w 20\n",
      );
      await Deno.writeTextFile(`${folder}/test.lua`, lua());
      const { code, stdout, stderr } = await new Deno.Command("nvim", {
        args: [
          ...["--headless", "--clean", "-i", "NONE", "-n"],
          ...["--cmd", `set rtp+=${PLUGIN}`],
          ...["--cmd", "lua SERVER = vim.json.decode(vim.env.SERVER)"],
          ...["-c", `luafile ${folder}/test.lua`],
        ],
        cwd: folder,
        env: {
          SERVER: JSON.stringify([
            ...[Deno.execPath(), "run", "-A", "--quiet", MAIN],
            ...["lsp", "--stdio"],
          ]),
          RESULT: `${folder}/result.json`,
          SCRIPT: script,
        },
      }).output();
      const said = [stdout, stderr].map((bytes) =>
        new TextDecoder().decode(bytes)
      ).join("");
      assertEquals(code, 0, said);
      const result = JSON.parse(
        await Deno.readTextFile(`${folder}/result.json`),
      );
      const [finding] = result.diagnostics;
      assertEquals(
        [finding.lnum, finding.col, finding.end_lnum, finding.end_col],
        [2, 2, 2, 7],
      );
      assertEquals([finding.code, finding.severity], ["unknown-command", 1]);
      assertEquals(result.actions, ["Write shift"]);
      assertStringIncludes(result.hover, "**show**");
      assertEquals(result.formatted, [
        "# 世 👍🏽",
        "show",
        "shfit api -b 3 -w 20",
      ]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

function lua(): string {
  return `
local ok, message = pcall(function()
  require("istiops").setup({ cmd = SERVER })
  vim.cmd("edit " .. vim.env.SCRIPT)
  local function wait(what, is_there)
    if not vim.wait(60000, is_there, 20) then error("no " .. what) end
  end
  wait("diagnostics", function() return #vim.diagnostic.get(0) > 0 end)
  local diagnostics = vim.tbl_map(function(one)
    return {
      lnum = one.lnum, col = one.col, severity = one.severity,
      end_lnum = one.end_lnum, end_col = one.end_col,
      code = one.code or one.user_data.lsp.code,
    }
  end, vim.diagnostic.get(0))
  local function ask(method, params)
    local answers = vim.lsp.buf_request_sync(0, method, params, 60000)
    for _, answer in pairs(answers or {}) do return answer.result end
  end
  vim.api.nvim_win_set_cursor(0, { 3, 3 })
  local params = vim.lsp.util.make_range_params()
  params.context = { diagnostics = {} }
  local actions = vim.tbl_map(function(one) return one.title end,
    ask("textDocument/codeAction", params))
  vim.api.nvim_win_set_cursor(0, { 2, 1 })
  local hover = ask("textDocument/hover", vim.lsp.util.make_position_params())
  if vim.lsp.buf.format then vim.lsp.buf.format({ timeout_ms = 60000 })
  else vim.lsp.buf.formatting_sync(nil, 60000) end
  local file = io.open(vim.env.RESULT, "w")
  file:write(vim.json.encode({
    diagnostics = diagnostics,
    actions = actions,
    hover = hover and hover ~= vim.NIL and hover.contents.value or "",
    formatted = vim.api.nvim_buf_get_lines(0, 0, -1, false),
  }))
  file:close()
end)
if not ok then io.stderr:write(tostring(message)); vim.cmd("cquit 1") end
vim.cmd("qall!")
`;
}
