// Looks at each mail that was delivered: sealed by its own signal, judged as its kind deserves. Then the file goes.
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { nodeCrypto } from "../../bridge/keys/node-crypto.ts";
import type { HeaderField } from "../../shared/header/field.ts";
import { splitMessage } from "../../shared/header/split.ts";
import type { PublishedKey } from "../../shared/hop/keys.ts";
import { verifyHops } from "../../shared/hop/verify.ts";
import { must } from "../fakes/mail.ts";
import type { Entry, Ledger } from "./ledger.ts";
import { readerDomain, wanted } from "./mails.ts";

const crypto = nodeCrypto();

function one(fields: readonly HeaderField[], name: string): string | null {
  const found = fields.filter((field) => field.name.toLowerCase() === name);
  return found.length === 1 ? (found[0]?.value.trim() ?? null) : null;
}

/** What is wrong with a delivered mail; keeps its signal. */
async function examine(raw: Uint8Array, ledger: Ledger, keys: readonly PublishedKey[]): Promise<Entry | null> {
  const { fields, body } = must(splitMessage(raw));
  const entry = ledger.entries[Number(one(fields, "x-soak-number") ?? -1)];
  if (entry === undefined) return null;
  ledger.deliver(entry);
  const hops = must(
    await verifyHops({ fields, body: { octets: body }, domains: [readerDomain], keys: () => keys, crypto }),
  );
  const [top, ...more] = hops.verified;
  if (top === undefined || more.length > 0 || hops.forged.length > 0) {
    entry.wrong.push(`seals: ${hops.verified.length} hold, ${hops.forged.length} do not`);
    return entry;
  }
  const { signal } = top;
  if (top.body !== "same") entry.wrong.push("sealed over another body");
  if (signal.declaration !== wanted[entry.kind]) entry.wrong.push(`${entry.kind} reads ${signal.declaration}`);
  entry.sealed = signal;
  return entry;
}

/** Empties a maildir until `signal` aborts. `seen` hears of each mail that is as it should be. */
export async function watchMaildir(
  parts: {
    readonly folder: string;
    readonly ledger: Ledger;
    readonly keys: () => Promise<readonly PublishedKey[]>;
    readonly seen: (entry: Entry) => void;
  },
  signal: AbortSignal,
): Promise<void> {
  const { folder, ledger } = parts;
  const place = join(folder, "new");
  let keys: readonly PublishedKey[] | null = null;
  while (!signal.aborted) {
    const names = readMaildir(place);
    for (const name of names) {
      keys ??= await parts.keys();
      const text = readFileSync(join(place, name), "latin1").replaceAll("\n", "\r\n");
      const entry = await examine(Buffer.from(text, "latin1"), ledger, keys);
      if (entry === null) throw new Error(`a mail that nobody sent: ${name}`);
      rmSync(join(place, name));
      if (entry.wrong.length === 0) parts.seen(entry);
    }
    if (names.length === 0) await wait(50);
  }
}

function readMaildir(place: string): readonly string[] {
  try {
    return readdirSync(place);
  } catch {
    // Made with the first mail.
    return [];
  }
}
