/**
 * YAML for machines that people may look at, too.
 *
 * @module
 */

import { stringifyYaml } from "../yaml.ts";
import { escapeInJson, isHiding } from "./safe.ts";

/**
 * One document in block style, ending with a line feed. Text with characters
 * that hide or steer is written in double quotes with escapes, which YAML
 * shares with JSON.
 */
export function toYaml(value: unknown): string {
  const plain = JSON.parse(JSON.stringify(value ?? null));
  const texts = new Map<string, string>();
  const token = freshToken(plain);
  const replace = (text: string): string => {
    if (!isHiding(text.replace(/[\n\t]/g, ""))) return text;
    const name = `${token}${texts.size}E`;
    texts.set(name, escapeInJson(JSON.stringify(text)));
    return name;
  };
  const yaml = stringifyYaml(mapTexts(plain, replace), {
    lineWidth: -1,
    useAnchors: false,
    skipInvalid: true,
  });
  if (texts.size === 0) return yaml;
  return yaml.replace(
    new RegExp(`${token}\\d+E`, "g"),
    (name) => texts.get(name) ?? name,
  );
}

/** Letters that occur nowhere in the value: stands in for a text. */
function freshToken(value: unknown): string {
  const text = JSON.stringify(value);
  for (let token = "TEXT";; token += "X") {
    if (!text.includes(token)) return token;
  }
}

function mapTexts(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === "string") return map(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, map));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [map(key), mapTexts(item, map)]),
  );
}
