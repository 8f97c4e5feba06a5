// What strangers choose and operators read on a terminal or in the journal: mail, DNS, reports, logs. None of it moves the
// cursor, draws a line of its own or turns text round.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commands } from "../../../bridge/cli/commands.ts";
import { runCommandLine } from "../../../bridge/cli/run.ts";
import { createLog } from "../../../bridge/log/log.ts";
import { printable } from "../../../bridge/log/printable.ts";
import { openStore } from "../../../bridge/store/store.ts";
import { answerTo, startDnsServer } from "../dns/server.ts";
import { silent } from "../store/fixtures.ts";

/** Clears the screen, names the window, C1's CSI, turns right to left, hides, breaks the line. */
const spell = "\u001b[2J\u001b]0;x\u0007\u009b31m\u202e\u200b\u2066\u{e0041}\u007f\rok     all is well\n";
const drawn = /[^\P{C}\n]/u;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "waybill-terminal-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function configured(resolver: string): string {
  const config = join(folder, "waybill.toml");
  const state = join(folder, "state");
  mkdirSync(state, { recursive: true });
  const text = `hostname = "mx1.bank.example"\ndomains = ["bank.example"]\nstate = "${state}"\n[dns]\nresolver = "${resolver}"\ntimeout_ms = 500\n`;
  writeFileSync(config, `${text}[[milter]]\nkind = "border"\nlisten = "127.0.0.1:1"\n`);
  return config;
}

async function run(args: readonly string[]): Promise<string> {
  let written = "";
  const write = (piece: string | Uint8Array): void => void (written += Buffer.from(piece as string).toString());
  const terminal = { out: write, say: write, environment: {}, onReload: () => undefined };
  await runCommandLine(commands, args, terminal, new AbortController().signal);
  return written;
}

describe("verify", () => {
  const mails = [
    {
      name: "in From",
      mail: `From: "${spell.trim()}" <a@bank.example>, b@bank.example\nIPP-Purpose: v=1; p=x\nIPP-Signature: v=1`,
    },
    {
      name: "in a tag",
      mail: `From: a@bank.example\nIPP-Purpose: v=1; p=${spell.trim()}\nIPP-Signature: v=1; a=${spell.trim()}`,
    },
    { name: "in a field name", mail: `From: a@bank.example\n${spell.trim()}: x` },
    { name: "in a recipient", mail: `From: a@bank.example\nTo: "${spell.trim()}"@bank.example` },
  ];
  test.each(mails.flatMap((each) => [[], ["--json"]].map((args) => ({ ...each, args }))))(
    "$name $args",
    async ({ mail, args }) => {
      const file = join(folder, "mail.eml");
      writeFileSync(file, `${mail}\n\nbody\n`);
      const zone = join(folder, "zone.json");
      writeFileSync(zone, JSON.stringify({ documents: {} }));
      const written = await run(["verify", file, "--dns", zone, ...args]);
      expect(written.length).toBeGreaterThan(40);
      expect(written).not.toMatch(drawn);
      if (written.startsWith("{")) expect(() => JSON.parse(written) as unknown).not.toThrow();
    },
  );

  test("a file's name, an option's value", async () => {
    expect(await run(["verify", spell.trim()])).not.toMatch(drawn);
    expect(await run(["verify", "x", "--at", spell])).not.toMatch(drawn);
  });
});

test("doctor: a TXT record begins no line of its own", async () => {
  const record = "v=IPP1; t=url; url=https://ipp.bank.example/";
  const dns = await startDnsServer((asked) => [
    answerTo(asked, {
      answers: [record, spell].map((data) => ({ type: "TXT", name: asked.name, ttl: 60, data: [data] })),
    }),
  ]);
  const config = configured(`127.0.0.1:${dns.port}`);
  const text = await run(["doctor", "--config", config]);
  const json = await run(["doctor", "--config", config, "--json"]);
  await dns.stop();
  expect(text).toContain("\\u001b[2J");
  expect(text).not.toMatch(drawn);
  expect(text).not.toMatch(/^ok {5}all is well/m);
  expect(json).not.toMatch(drawn);
  expect(JSON.stringify(JSON.parse(json))).toContain("\\u001b[2J");
});

test("reports: what another bridge counted", async () => {
  const config = configured("127.0.0.1:1");
  const store = await openStore(join(folder, "state", "waybill.db"), silent);
  if (!store.ok) throw new Error(store.detail);
  const at = Math.floor(Date.now() / 1_000);
  const id = 1;
  await store.value.arrivals.add("{}", at);
  const count = { reporter: spell, blinded: "b", attested: false, recipients: 1, at, actual: null, token: "t" };
  const said = { signer: `${spell}@bank.example`, purpose: spell, code: spell };
  expect(await store.value.arrivals.settle(id, { kind: "count", count: { ...count, ...said } })).toBe("counted");
  await store.value.close();
  const text = await run(["reports", "--config", config]);
  expect(text).toContain("@bank.example");
  expect(text).not.toMatch(drawn);
  expect(text).not.toMatch(/^ok {5}all is well/m);
});

test("the log", () => {
  const written: string[] = [];
  const log = createLog("info", { write: (line) => void written.push(line) });
  log.warn({ detail: spell, [spell]: 1, err: new Error(spell) }, spell);
  expect(written.join("")).not.toMatch(drawn);
  expect(written.join("").split("\n")).toHaveLength(2);
  expect(JSON.parse(written[0] ?? "")).toMatchObject({ detail: spell, msg: spell });
});

test("what is visible stays as it is, in any script", () => {
  const plain = 'Grüße, Ἀθήνα, 東京, مرحبا 👍 \\ "quoted"';
  expect(printable(plain)).toBe(plain);
  expect(printable("\u{e0041}")).toBe("\\udb40\\udc41");
});
