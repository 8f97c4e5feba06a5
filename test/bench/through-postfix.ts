// Mail through a real Postfix: nothing, our milter, or OpenDKIM behind the same smtpd, in turn.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { recipient, sender } from "./mails.ts";
import { canRunPostfix, startPostfix } from "./postfix.ts";
import type { Milter } from "./programs.ts";
import { median, medianRatio } from "./table.ts";

const run = promisify(execFile);

/** Mails a second of each, with 20 clients at once; and what one mail takes longer than without a milter, ms. */
export interface ThroughPostfix {
  readonly rates: Readonly<Record<"none" | "ours" | "openDkim", number>>;
  /** Ours beside those, round by round. */
  readonly ratios: Readonly<Record<"none" | "openDkim", number>>;
  readonly added: Readonly<Record<"ours" | "openDkim", number>>;
}

const senders = 4;
const sessionsEach = 5;

/** The first mails of a file for mload, one file each, as smtp-source wants them: LF line ends. */
function splitMails(path: string, folder: string, count: number): string[] {
  const all = readFileSync(path);
  const files: string[] = [];
  for (let at = 0; files.length < count && at < all.length;) {
    const end = all.indexOf("\n", at);
    const length = Number(all.toString("latin1", at, end));
    const file = join(folder, `mail-${files.length}`);
    writeFileSync(file, all.toString("latin1", end + 1, end + 1 + length).replaceAll("\r\n", "\n"), "latin1");
    files.push(file);
    at = end + 1 + length;
  }
  return files;
}

async function send(port: number, file: string, sessions: number, mails: number): Promise<void> {
  const args = ["-s", sessions, "-m", mails, "-f", sender, "-t", recipient, "-F", file, `127.0.0.1:${port}`];
  await run("/usr/sbin/smtp-source", args.map(String));
}

/** Seconds that `mails` take from all senders together. */
async function timed(port: number, files: readonly string[], sessions: number, mails: number): Promise<number> {
  const started = performance.now();
  await Promise.all(files.map((file) => send(port, file, sessions, mails / files.length)));
  return (performance.now() - started) / 1_000;
}

/** Measures; null where Postfix cannot run here. */
export async function throughPostfix(
  milters: { readonly ours: Milter; readonly openDkim: Milter },
  mails: string,
  effort: { readonly rounds: number; readonly mails: number; readonly single: number },
): Promise<ThroughPostfix | null> {
  if (!canRunPostfix) return null;
  const folder = mkdtempSync(join(tmpdir(), "waybill-bench-postfix-"));
  const places = [`unix:${milters.ours.socket}`, `unix:${milters.openDkim.socket}`];
  const postfix = await startPostfix({ folder, main: [], deliver: "discard", milters: places });
  try {
    const files = splitMails(mails, folder, senders);
    const [ours = 0, openDkim = 0] = postfix.ports;
    const ports = { none: postfix.port, ours, openDkim };
    const rates = { none: [], ours: [], openDkim: [] } as Record<keyof typeof ports, number[]>;
    const singles = { none: [], ours: [], openDkim: [] } as Record<keyof typeof ports, number[]>;
    const names = ["none", "ours", "openDkim"] as const;
    for (const name of names) await timed(ports[name], files, sessionsEach, effort.mails / 4);
    for (let round = 0; round < effort.rounds; round += 1) {
      for (const name of round % 2 === 0 ? names : names.toReversed()) {
        rates[name].push(effort.mails / (await timed(ports[name], files, sessionsEach, effort.mails)));
        const [file = ""] = files;
        singles[name].push(((await timed(ports[name], [file], 1, effort.single)) * 1_000) / effort.single);
      }
    }
    const added = (name: "ours" | "openDkim"): number =>
      median(singles[name].map((single, round) => single - (singles.none[round] ?? single)));
    return {
      rates: { none: median(rates.none), ours: median(rates.ours), openDkim: median(rates.openDkim) },
      ratios: { none: medianRatio(rates.ours, rates.none), openDkim: medianRatio(rates.ours, rates.openDkim) },
      added: { ours: added("ours"), openDkim: added("openDkim") },
    };
  } finally {
    await postfix.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
