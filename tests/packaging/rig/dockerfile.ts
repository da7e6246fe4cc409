/**
 * Reads a Dockerfile: as much of the language as ours use.
 *
 * @module
 */

/** One instruction of a stage. */
export interface Instruction {
  readonly keyword: string;
  /** `--from=build`. */
  readonly flags: Readonly<Record<string, string>>;
  /** What stands behind, with variables put in. */
  readonly text: string;
  /** The words of it, or those of a list in JSON. */
  readonly words: readonly string[];
}

/** What begins with a `FROM`. */
export interface Stage {
  readonly base: string;
  readonly name?: string;
  readonly instructions: readonly Instruction[];
}

/** The stages of a Dockerfile. */
export function parseDockerfile(text: string): Stage[] {
  const stages: (Stage & { readonly instructions: Instruction[] })[] = [];
  const variables = new Map<string, string>();
  const lines = text.replaceAll(/^\s*#.*\n/gm, "").replaceAll(/\\\n\s*/g, " ");
  for (const line of lines.split("\n").filter((line) => line.trim() !== "")) {
    const instruction = readInstruction(line, variables);
    const { keyword, words } = instruction;
    switch (keyword) {
      case "ARG": {
        const [name = "", value = ""] = words[0]!.split("=");
        if (!variables.has(name)) variables.set(name, value);
        break;
      }
      case "FROM":
        stages.push({
          base: words[0]!,
          ...(words[2] === undefined ? {} : { name: words[2] }),
          instructions: [],
        });
        break;
      default:
        stages.at(-1)!.instructions.push(instruction);
    }
  }
  return stages;
}

/** The last instruction with the keyword. */
export function last(stage: Stage, keyword: string): Instruction {
  const found = stage.instructions.findLast((each) => each.keyword === keyword);
  if (found === undefined) throw new Error(`there is no ${keyword}`);
  return found;
}

function readInstruction(
  line: string,
  variables: ReadonlyMap<string, string>,
): Instruction {
  const [, keyword = "", given = "", rest = ""] =
    /^([A-Z]+)((?:\s+--[a-z]+=\S+)*)\s+(.*)$/.exec(line.trim()) ?? [];
  if (keyword === "") throw new Error(`no instruction: ${line}`);
  const text = rest.replaceAll(
    /\$\{(\w+)\}/g,
    (whole, name) => variables.get(name) ?? whole,
  );
  return {
    keyword,
    flags: Object.fromEntries(
      given.trim().split(/\s+/).filter(Boolean).map((flag) =>
        flag.slice(2).split("=") as [string, string]
      ),
    ),
    text,
    words: text.startsWith("[") ? JSON.parse(text) : text.split(/\s+/),
  };
}
