// Debian's miltertest (the Trusted Domain Project's MTA side, driven by Lua) against our server: an implementation of the
// protocol that is not ours. Left out, saying so, where the package is not installed.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type MilterServer, serveMilter } from "../../../bridge/milter/server.ts";
import type { Outcome, Passage } from "../../../bridge/pipeline/mail.ts";

const program = "/usr/bin/miltertest";
const run = promisify(execFile);

let folder = "";
let server: MilterServer | null = null;
const stop = new AbortController();
const heard: string[] = [];

const outcomes: Record<string, Outcome> = {
  good: {
    action: "accept",
    reply: null,
    edits: [
      { kind: "delete", name: "Hop-Signal", instance: 2 },
      { kind: "delete", name: "Hop-Signal", instance: 1 },
      { kind: "insert", index: 0, name: "Hop-Signal", value: " v=1; b=x" },
    ],
  },
  refused: { action: "reject", reply: { code: 550, enhanced: "5.7.1", text: "no 100% of it" }, edits: [] },
  held: { action: "quarantine", reply: { code: 250, enhanced: "2.0.0", text: "rule x" }, edits: [] },
};

function passage(from: string): Passage {
  heard.push(`from ${from}`);
  return {
    recipient: (address) => {
      heard.push(`to ${address}`);
      return address.startsWith("no") ? { code: 452, enhanced: "4.5.3", text: "alone" } : null;
    },
    field: (name, value) => void heard.push(`${name}:${value}`),
    body: (chunk) => void heard.push(Buffer.from(chunk).toString()),
    end: async (queueId) => {
      heard.push(`end ${queueId}`);
      return outcomes[from.split("@")[0] ?? ""] ?? { action: "accept", reply: null, edits: [] };
    },
  };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "waybill-miltertest-"));
  server = await serveMilter(
    {
      endpoint: { path: join(folder, "milter.sock") },
      listener: "border",
      open: (_, from) => passage(from),
      wants: { body: true },
      recipientsDiffer: () => true,
      facts: null,
      onFailure: "tempfail",
      log: { info: () => undefined, warn: (facts) => void heard.push(JSON.stringify(facts)), error: () => undefined },
      counters: { count: () => undefined },
    },
    stop.signal,
  );
});

afterAll(async () => {
  stop.abort();
  await server?.stopped;
  await rm(folder, { recursive: true, force: true });
});

/** Lua that must hold. */
function must(step: string): string {
  return `if ${step} ~= nil then error ${JSON.stringify(step)} end`;
}

function replied(reply: string): string {
  return `if mt.getreply(conn) ~= ${reply} then error("expected ${reply}, got " .. mt.getreply(conn)) end`;
}

async function miltertest(lines: readonly string[]): Promise<void> {
  heard.splice(0);
  const script = join(folder, "script.lua");
  const start = [
    `conn = mt.connect("unix:${join(folder, "milter.sock")}")`,
    'if conn == nil then error "no connection" end',
  ];
  await writeFile(script, [...start, ...lines, "mt.disconnect(conn)"].join("\n"));
  await run(program, ["-s", script]);
}

function mail(from: string): string[] {
  return [
    must(`mt.macro(conn, SMFIC_MAIL, "i", "4QX1")`),
    must(`mt.mailfrom(conn, "<${from}@example.org>")`),
    must(`mt.rcptto(conn, "<bob@example.net>")`),
    replied("SMFIR_CONTINUE"),
    must(`mt.header(conn, "Subject", "hello")`),
    must(`mt.header(conn, "Hop-Signal", "forged")`),
    must(`mt.header(conn, "Hop-Signal", "again")`),
    must(`mt.bodystring(conn, "text\\r\\n")`),
    must("mt.eom(conn)"),
  ];
}

const greeting = [
  must("mt.negotiate(conn, 6, nil, nil)"),
  must(`mt.conninfo(conn, "mail.sender.test", "192.0.2.1")`),
  must(`mt.helo(conn, "mail.sender.test")`),
];

describe.skipIf(!existsSync(program))("miltertest", () => {
  test("a mail is told in order, and our edits are understood", async () => {
    await miltertest([
      ...greeting,
      ...mail("good"),
      replied("SMFIR_CONTINUE"),
      `if not mt.eom_check(conn, MT_HDRDELETE, "Hop-Signal") then error "nothing deleted" end`,
      `if not mt.eom_check(conn, MT_HDRINSERT, "Hop-Signal", " v=1; b=x", 0) then error "nothing inserted" end`,
    ]);
    expect(heard).toEqual([
      "from good@example.org",
      "to bob@example.net",
      "Subject: hello",
      "Hop-Signal: forged",
      "Hop-Signal: again",
      "text\r\n",
      "end 4QX1",
    ]);
  });

  test("a refusal is understood", async () => {
    const check = `if not mt.eom_check(conn, MT_SMTPREPLY, "550", "5.7.1", "no 100%% of it") then error "no reply" end`;
    await miltertest([...greeting, ...mail("refused"), replied("SMFIR_REPLYCODE"), check]);
  });

  test("quarantine is understood", async () => {
    const check = `if not mt.eom_check(conn, MT_QUARANTINE, "rule x") then error "not held" end`;
    await miltertest([...greeting, ...mail("held"), replied("SMFIR_CONTINUE"), check]);
  });

  test("one recipient is put off, the others taken", async () => {
    await miltertest([
      ...greeting,
      must(`mt.mailfrom(conn, "<>")`),
      must(`mt.rcptto(conn, "<bob@example.net>")`),
      replied("SMFIR_CONTINUE"),
      must(`mt.rcptto(conn, "<no@example.net>")`),
      replied("SMFIR_REPLYCODE"),
      must(`mt.rcptto(conn, "<carol@example.net>")`),
      replied("SMFIR_CONTINUE"),
    ]);
    expect(heard).toEqual(["from ", "to bob@example.net", "to no@example.net", "to carol@example.net"]);
  });

  test("an abort, then another mail on the same connection", async () => {
    const [, from = ""] = mail("good");
    await miltertest([...greeting, from, must("mt.abort(conn)"), ...mail("good"), replied("SMFIR_CONTINUE")]);
    expect(heard.filter((line) => line.startsWith("from"))).toHaveLength(2);
    expect(heard.at(-1)).toBe("end 4QX1");
  });

  test.each([
    { version: 2, steps: "0x7f" },
    { version: 3, steps: "0xff" },
    { version: 4, steps: "0x3ff" },
  ])(
    "version $version of the protocol, without what came later: every step is answered",
    async ({ version, steps }) => {
      const old = [must(`mt.negotiate(conn, ${version}, 0x3f, ${steps})`), ...greeting.slice(1)];
      const answered = mail("good").flatMap((step) =>
        step.includes("mt.eom") || step.includes("mt.macro") || !step.startsWith("if mt.")
          ? [step]
          : [step, replied("SMFIR_CONTINUE")],
      );
      await miltertest([...old, ...answered, replied("SMFIR_CONTINUE")]);
      expect(heard.at(-1)).toBe("end 4QX1");
    },
  );

  test("a body in pieces, of which the last comes with no line end", async () => {
    const [macro = "", from = "", to = ""] = mail("good");
    const pieces = ["one\\r\\n\\r", "\\ntwo", " three"].map((piece) => must(`mt.bodystring(conn, "${piece}")`));
    const subject = must(`mt.header(conn, "Subject", "hello")`);
    await miltertest([
      ...greeting,
      macro,
      from,
      to,
      subject,
      ...pieces,
      must("mt.eom(conn)"),
      replied("SMFIR_CONTINUE"),
    ]);
    expect(heard.filter((line) => !/^(?:from |to |end |Subject:)/.test(line)).join("")).toBe("one\r\n\r\ntwo three");
  });
});
