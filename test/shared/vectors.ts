// The independent test data beside the checkout. Absent elsewhere: tests then say what they left out.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dirname, "..", "..", "..", "shared", "vectors");

/** Whether a file or folder of the vectors is there. */
export function hasVectors(path: string): boolean {
  return existsSync(join(folder, path));
}

/** One vector file as text. */
export function readVectors(path: string): string {
  return readFileSync(join(folder, path), "utf8");
}

/** Names of the files in one folder of the vectors. */
export function listVectors(path: string): string[] {
  return readdirSync(join(folder, path));
}
