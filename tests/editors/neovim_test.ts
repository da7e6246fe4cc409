import { assertEquals, assertStringIncludes } from "../support/assert.ts";

const PLUGIN = new URL("../../editors/neovim", import.meta.url).pathname;
const MAIN = new URL("../../main.ts", import.meta.url).pathname;

/** Undefined where there is no Neovim. */
const version = await new Deno.Command("nvim", { args: ["--version"] }).output()
  .then(
    ({ stdout }) => /NVIM v(\S+)/.exec(new TextDecoder().decode(stdout))?.[1],
    () => undefined,
  );

/** Runs Lua in a real Neovim with files; gives what it wrote. */
async function inNeovim(
  files: Readonly<Record<string, string>>,
  lua: string,
  // deno-lint-ignore no-explicit-any
): Promise<any> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    await Deno.writeTextFile(`${folder}/test.lua`, lua);
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
        FOLDER: folder,
      },
    }).output();
    const said = [stdout, stderr].map((bytes) =>
      new TextDecoder().decode(bytes)
    ).join("");
    assertEquals(code, 0, said);
    return JSON.parse(await Deno.readTextFile(`${folder}/result.json`));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function neovim(name: string, fn: () => Promise<void>): void {
  Deno.test({
    name: version === undefined
      ? `${name} (skipped: nvim is not installed)`
      : `${name} (${version})`,
    ignore: version === undefined,
    fn,
  });
}

neovim(
  "a real Neovim shows what is wrong in a script, and mends it",
  async () => {
    const result = await inNeovim({
      "release.istiops": "# 世 👍🏽\nshow\n  shfit   api -b 3 -w 20\n",
    }, lua());
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
  },
);

neovim(
  "a real Neovim looks at YAML of Istio's routes, and at no other",
  async () => {
    const head = (kind: string) =>
      `# 世 👍🏽\napiVersion: networking.istio.io/v1\nkind: ${kind}\nmetadata: {name: reviews}\nspec:\n`;
    const result = await inNeovim({
      "compose.yaml": "services: [\n",
      "rules.yaml": `${
        head("DestinationRule")
      }  host: reviews\n  subsets:\n  - name: v1\n    labels: {version: v1}\n`,
      "routes.yaml": `${
        head("VirtualService")
      }  hosts: [reviews]\n  http:\n  - route:\n    - destination: {host: reviews, subset: v11}\n`,
    }, yamlLua());
    assertEquals(result.attached, false);
    const [finding] = result.diagnostics;
    assertEquals(
      [finding.code, finding.lnum, finding.col, finding.end_col],
      ["IST0101", 8, 43, 46],
    );
    assertEquals(result.actions, [
      "Write v1",
      "Add subset v11 to DestinationRule reviews (version=v11)",
      "Ignore IST0101 here",
    ]);
    assertStringIncludes(result.hover, "destination.subset");
    assertEquals(result.completion, ["v1"]);
    // Nothing formats it.
    assertEquals(result.formatted, 9);
  },
);

function lua(): string {
  return `
local ok, message = pcall(function()
  require("istiops").setup({ cmd = SERVER })
  vim.cmd("edit " .. vim.env.FOLDER .. "/release.istiops")
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

function yamlLua(): string {
  return `
local ok, message = pcall(function()
  vim.cmd("filetype on")
  require("istiops").setup({ cmd = SERVER })
  local function wait(what, is_there)
    if not vim.wait(60000, is_there, 20) then error("no " .. what) end
  end
  local function open(name)
    vim.cmd("edit " .. vim.env.FOLDER .. "/" .. name)
  end
  open("compose.yaml")
  local attached = #vim.lsp.buf_get_clients(0) > 0
  open("rules.yaml")
  open("routes.yaml")
  wait("diagnostics", function() return #vim.diagnostic.get(0) > 0 end)
  local diagnostics = vim.tbl_map(function(one)
    return {
      lnum = one.lnum, col = one.col, end_col = one.end_col,
      code = one.code or one.user_data.lsp.code,
    }
  end, vim.diagnostic.get(0))
  local function ask(method, params)
    local answers = vim.lsp.buf_request_sync(0, method, params, 60000)
    for _, answer in pairs(answers or {}) do return answer.result end
  end
  vim.api.nvim_win_set_cursor(0, { 9, 44 })
  local params = vim.lsp.util.make_range_params()
  params.context = { diagnostics = {} }
  local actions = vim.tbl_map(function(one) return one.title end,
    ask("textDocument/codeAction", params))
  local at = vim.lsp.util.make_position_params()
  local hover = ask("textDocument/hover", at)
  local list = ask("textDocument/completion", at)
  if vim.lsp.buf.format then vim.lsp.buf.format({ timeout_ms = 60000 })
  else vim.lsp.buf.formatting_sync(nil, 60000) end
  local file = io.open(vim.env.RESULT, "w")
  file:write(vim.json.encode({
    attached = attached,
    diagnostics = diagnostics,
    actions = actions,
    hover = hover and hover ~= vim.NIL and hover.contents.value or "",
    completion = vim.tbl_map(function(one) return one.label end, list.items),
    formatted = #vim.api.nvim_buf_get_lines(0, 0, -1, false),
  }))
  file:close()
end)
if not ok then io.stderr:write(tostring(message)); vim.cmd("cquit 1") end
vim.cmd("qall!")
`;
}
