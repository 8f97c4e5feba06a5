// The kept inputs: one file a target, one input a line, each a JSON string of octets as U+0000 to U+00FF.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { oldFindings } from "./findings.ts";

const folder = join(import.meta.dirname, "corpus");
/** Inputs of one target: the shortest come first, so what is beyond is the longest. */
const maxTotal = 24_000;

function fileOf(target: string): string {
  return join(folder, `${target.replaceAll("/", "-")}.txt`);
}

/** What a target is begun with beside its seeds: what was found, and what takes branches. Byte strings. */
export function startingPoints(target: string): readonly string[] {
  return [...oldFindings.filter((one) => one.target === target).map(({ input }) => input), ...readCorpus(target)];
}

function readCorpus(target: string): readonly string[] {
  const file = fileOf(target);
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as string);
}

/** Replaces what is kept. */
export function writeCorpus(target: string, inputs: readonly string[]): void {
  const lines: string[] = [];
  let total = 0;
  for (const input of inputs) {
    const line = `${JSON.stringify(input).replaceAll(/[\u007f-\u00ff]/g, escaped)}\n`;
    total += line.length;
    if (total > maxTotal) break;
    lines.push(line);
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(fileOf(target), lines.join(""));
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
