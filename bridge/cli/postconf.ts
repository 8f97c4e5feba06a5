// Asks Postfix for its settings, where there is a Postfix.
import { execFile } from "node:child_process";
import { resolve } from "node:path";

/** A Postfix to ask. */
export interface Postconf {
  /** Values of main.cf parameters, defaults included; null where there is no Postfix to ask. */
  parameters(names: readonly string[]): Promise<ReadonlyMap<string, string> | null>;
  /** "name/type/parameter" to value of all -o overrides in master.cf; null where there is no Postfix. */
  overrides(): Promise<ReadonlyMap<string, string> | null>;
  /** "name/type/chroot" and the other columns of master.cf; null where there is no Postfix. */
  columns(): Promise<ReadonlyMap<string, string> | null>;
}

/** What names another Postfix than this machine's usual one to postconf(1) and postfix(1), as people type it. */
export function instanceOption(folder: string | undefined): string {
  return folder === undefined ? "" : `-c ${resolve(folder)} `;
}

function run(args: readonly string[]): Promise<string | null> {
  return new Promise((settle) => {
    execFile("postconf", [...args], { timeout: 5_000, maxBuffer: 1_048_576 }, (error, out) => {
      // postconf warns of unused parameters and still answers; no postconf, or one that fails, is "cannot be asked".
      settle(error === null ? out : null);
    });
  });
}

function pairs(text: string): ReadonlyMap<string, string> {
  const lines = text.split("\n").flatMap((line): [string, string][] => {
    const at = line.indexOf("=");
    return at < 0 ? [] : [[line.slice(0, at).trim(), line.slice(at + 1).trim()]];
  });
  return new Map(lines);
}

/** postconf(1) of this machine; `folder`: another configuration folder than Postfix' own. */
export function postconf(folder: string | undefined): Postconf {
  const where = folder === undefined ? [] : ["-c", folder];
  return {
    async parameters(names) {
      // -x: with $names replaced, as Postfix itself reads them.
      const text = await run([...where, "-x", ...names]);
      return text === null ? null : pairs(text);
    },
    async overrides() {
      const text = await run([...where, "-x", "-P"]);
      return text === null ? null : pairs(text);
    },
    async columns() {
      const text = await run([...where, "-F"]);
      return text === null ? null : pairs(text);
    },
  };
}

/** A list parameter's items. One with options of its own is in braces: "{ unix:/run/x, connect_timeout=10s }". */
export function listOf(value: string | undefined): readonly string[] {
  return (value ?? "").match(/\{[^{}]*\}|[^,\s]+/g) ?? [];
}

/** The place that an item names, with options or without. */
export function placeOf(item: string): string {
  return item.startsWith("{") ? (listOf(item.slice(1, -1))[0] ?? "") : item;
}
