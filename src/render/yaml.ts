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
  const json = JSON.stringify(value ?? null);
  const plain = JSON.parse(json);
  // Nearly nothing hides; JSON itself escapes the rest of what could.
  if (!isHiding(json) && !/\\[ubfr]/.test(json)) return dump(plain);
  const texts = new Map<string, string>();
  const token = freshToken(json);
  const replace = (text: string): string => {
    if (!isHiding(text.replace(/[\n\t]/g, ""))) return text;
    const name = `${token}${texts.size}E`;
    texts.set(name, escapeInJson(JSON.stringify(text)));
    return name;
  };
  const yaml = dump(mapTexts(plain, replace));
  return yaml.replace(
    new RegExp(`${token}\\d+E`, "g"),
    (name) => texts.get(name) ?? name,
  );
}

function dump(value: unknown): string {
  return stringifyYaml(value, {
    lineWidth: -1,
    useAnchors: false,
    skipInvalid: true,
  });
}

/** Letters that occur nowhere in the JSON: stands in for a text. */
function freshToken(json: string): string {
  for (let token = "TEXT";; token += "X") {
    if (!json.includes(token)) return token;
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
