import oniguruma from "vscode-oniguruma";
import textmate from "vscode-textmate";
import { filled } from "../../scripts/vscode.ts";
import { assertEquals } from "../support/assert.ts";

const GRAMMAR = new URL(
  "../../editors/vscode/syntaxes/istiops.tmLanguage.json",
  import.meta.url,
);

async function openGrammar(): Promise<textmate.IGrammar> {
  const wasm = new URL("onig.wasm", import.meta.resolve("vscode-oniguruma"));
  await oniguruma.loadWASM((await Deno.readFile(wasm)).buffer);
  const text = filled(
    GRAMMAR.pathname,
    await Deno.readTextFile(GRAMMAR),
  );
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (line) => new oniguruma.OnigString(line),
    }),
    loadGrammar: () =>
      Promise.resolve(textmate.parseRawGrammar(text, "istiops.json")),
  });
  const grammar = await registry.loadGrammar("source.istiops");
  if (grammar === null) throw new Error("no grammar");
  return grammar;
}

const grammar = await openGrammar();

Deno.test.each([
  { line: "shift api", gives: "shift=keyword" },
  {
    line: "  istiops traffic show",
    gives: "istiops=keyword traffic=keyword show=keyword",
  },
  { line: "shfit api", gives: "" },
  {
    line: "set app=x # c",
    gives: "set=keyword app=variable ==keyword # c=comment",
  },
  {
    line: "show -n a#b --weight=20",
    gives: "show=keyword -n=variable --weight=variable ==keyword 20=constant",
  },
  {
    line: `show "a $b" '$c' $d \\`,
    gives:
      `show=keyword "=string a=string $b=variable "=string '=string $c=string '=string $d=variable \\=punctuation`,
  },
  {
    line: "clear ${app}x -m hard",
    gives: "clear=keyword ${app}=variable -m=variable",
  },
])("the grammar sees $line as $gives", ({ line, gives }) => {
  const { tokens } = grammar.tokenizeLine(line, textmate.INITIAL);
  const words: string[] = [];
  for (const { startIndex, endIndex, scopes } of tokens) {
    const type = scopes.at(-1)?.split(".")[0];
    const text = line.slice(startIndex, endIndex).trim();
    if (type === "source" || text === "") continue;
    words.push(`${text}=${type}`);
  }
  assertEquals(words.join(" "), gives);
});

Deno.test("a string that is not closed ends with its line, one that goes on does not", () => {
  const typeOf = (first: string) => {
    const { ruleStack } = grammar.tokenizeLine(first, textmate.INITIAL);
    const [token] = grammar.tokenizeLine("show", ruleStack).tokens;
    return token?.scopes.at(-1)?.split(".")[0];
  };
  assertEquals(
    ["show 'a", 'show "a', 'show "a \\'].map(typeOf),
    ["keyword", "keyword", "string"],
  );
});
