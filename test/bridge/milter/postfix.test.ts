// The milter and the policy service beside a real Postfix: what it tells of the client, where our fields land, and what its
// client hears. The way from mail program to mail program is test/e2e's. Needs root and Postfix; left out without.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as secure } from "node:tls";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type MilterServer, serveMilter } from "../../../bridge/milter/server.ts";
import { ClientFacts } from "../../../bridge/pipeline/client-facts.ts";
import type { Client, Outcome } from "../../../bridge/pipeline/mail.ts";
import { rememberClient } from "../../../bridge/policyd/handover.ts";
import { type PolicydServer, servePolicy } from "../../../bridge/policyd/server.ts";
import { canRunPostfix, type MinimalPostfix, startPostfix } from "../../bench/postfix.ts";

interface Seen {
  client: Client;
  certificate: Client["certificate"];
  recipients: string[];
  fields: string[];
  body: string;
  queueId: string | null;
}

const accept: Outcome = { action: "accept", reply: null, edits: [] };
const stop = new AbortController();
let folder = "";
let postfix: MinimalPostfix | null = null;
let servers: (MilterServer | PolicydServer)[] = [];
let seen: Seen[] = [];
let outcome: Outcome = accept;

async function listen(): Promise<string> {
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const counters = { count: () => undefined };
  const facts = new ClientFacts({ now: () => Math.floor(Date.now() / 1000) });
  const milter = await serveMilter(
    {
      endpoint: { path: join(folder, "milter.sock"), mode: 0o666 },
      listener: "border",
      open: (client) => {
        const mail: Seen = { client, certificate: null, recipients: [], fields: [], body: "", queueId: null };
        seen.push(mail);
        return {
          recipient(address) {
            if (address.startsWith("alone")) return { code: 452, enhanced: "4.5.3", text: "alone, please" };
            mail.recipients.push(address);
            return null;
          },
          field: (name, value) => void mail.fields.push(`${name}:${value}`),
          body: (chunk) => {
            mail.body += Buffer.from(chunk).toString("latin1");
          },
          end: async (queueId) => {
            mail.queueId = queueId;
            mail.certificate = client.certificate;
            return outcome;
          },
        };
      },
      wants: { body: true },
      recipientsDiffer: () => true,
      facts,
      onFailure: "tempfail",
      log,
      counters,
    },
    stop.signal,
  );
  const endpoint = { host: "127.0.0.1", port: 0 };
  const policy = await servePolicy({ endpoint, rules: [rememberClient(facts)], log, counters }, stop.signal);
  servers = [milter, policy];
  return `check_policy_service inet:127.0.0.1:${policy.address}`;
}

beforeAll(async () => {
  if (!canRunPostfix) return;
  folder = mkdtempSync(join(tmpdir(), "waybill-postfix-"));
  chmodSync(folder, 0o755);
  const certificate = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  const files = ["-keyout", join(folder, "key.pem"), "-out", join(folder, "cert.pem"), "-subj", "/CN=mx.example.test"];
  execFileSync("openssl", ["req", ...certificate, ...files], { stdio: "ignore" });
  const policy = await listen();
  postfix = await startPostfix({
    folder,
    deliver: "files",
    main: [
      `smtpd_milters = unix:${folder}/milter.sock`,
      `smtpd_recipient_restrictions = ${policy}, reject_unauth_destination`,
      "smtpd_tls_security_level = may",
      `smtpd_tls_cert_file = ${folder}/cert.pem`,
      `smtpd_tls_key_file = ${folder}/key.pem`,
      "smtpd_tls_ask_ccert = yes",
    ],
  });
}, 60_000);

afterAll(async () => {
  await postfix?.stop();
  stop.abort();
  await Promise.all(servers.map((server) => server.stopped));
  if (folder !== "") rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  seen = [];
  outcome = accept;
});

/** Speaks SMTP line by line; the answers' last lines. "STARTTLS" shows our certificate. */
async function smtp(lines: readonly string[], certificate: boolean): Promise<string[]> {
  let socket: Socket = connect(postfix?.port ?? 0, "127.0.0.1");
  let text = "";
  let wake: () => void = () => undefined;
  const hear = (): void => {
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      wake();
    });
    socket.on("error", () => wake());
  };
  const answer = async (): Promise<string> => {
    for (;;) {
      const last = /(?:^|\n)(\d{3} [^\r\n]*)\r\n$/.exec(text)?.[1];
      if (last !== undefined) {
        text = "";
        return last;
      }
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  hear();
  const answers = [await answer()];
  for (const line of lines) {
    socket.write(`${line}\r\n`, "latin1");
    answers.push(await answer());
    if (line !== "STARTTLS") continue;
    socket.removeAllListeners("data");
    const own = { cert: readFileSync(join(folder, "cert.pem")), key: readFileSync(join(folder, "key.pem")) };
    socket = secure({ socket, rejectUnauthorized: false, ...(certificate ? own : {}) });
    hear();
    await new Promise((resolve) => socket.once("secureConnect", resolve));
  }
  socket.destroy();
  return answers;
}

const content = "Subject: hi\r\nHop-Signal: one\r\nTo: bob@example.test\r\nhop-signal: two\r\n\r\nhello\r\n.";
const envelope = ["MAIL FROM:<alice@sender.test> SIZE=100", "RCPT TO:<bob@example.test>", "DATA"];
const tls = ["EHLO client.test", "STARTTLS", "EHLO again.test"];

describe.skipIf(!canRunPostfix)("Postfix", () => {
  test("tells of the client, joined with what its policy service heard", async () => {
    await smtp([...tls, ...envelope, content, "QUIT"], true);
    const der = execFileSync("openssl", ["x509", "-in", join(folder, "cert.pem"), "-outform", "DER"]);
    expect(seen).toMatchObject([
      {
        client: {
          address: "127.0.0.1",
          helo: "again.test",
          tls: { version: "TLSv1.3", cipher: "TLS_AES_256_GCM_SHA384", bits: 256 },
          login: null,
          protocol: "ESMTPS",
        },
        certificate: { state: "present", fingerprint: createHash("sha256").update(der).digest("base64url") },
        recipients: ["bob@example.test"],
        body: "hello\r\n",
        queueId: expect.stringMatching(/^[0-9A-F]{8,}$/),
      },
    ]);
    expect(seen[0]?.fields.filter((field) => /^(subject|hop)/i.test(field))).toEqual([
      "Subject: hi",
      "Hop-Signal: one",
      "hop-signal: two",
    ]);
  });

  test("without a certificate says none, without TLS nothing", async () => {
    await smtp([...tls, ...envelope, content], false);
    await smtp(["EHLO client.test", ...envelope, content], false);
    expect(seen.map(({ certificate, client }) => [certificate?.state ?? null, client.protocol])).toEqual([
      ["none", "ESMTPS"],
      [null, "ESMTP"],
    ]);
  });

  test("makes our edits: forged fields go, ours stand on top of its own Received", async () => {
    outcome = {
      ...accept,
      edits: [
        { kind: "delete", name: "Hop-Signal", instance: 2 },
        { kind: "delete", name: "Hop-Signal", instance: 1 },
        { kind: "insert", index: 0, name: "Authentication-Results", value: " mx.example.test;\r\n\tx-tls=pass" },
        { kind: "insert", index: 0, name: "Hop-Signal", value: " v=1; by=mx.example.test;\r\n b=x" },
      ],
    };
    await smtp([...tls, ...envelope, content.replace("hello", "edited")], false);
    let box = "";
    for (let tries = 0; tries < 200 && !box.includes("edited"); tries += 1) {
      await sleep(25);
      box = postfix?.delivered() ?? "";
    }
    const mail = box.slice(box.lastIndexOf("From alice@sender.test"));
    const names = [...mail.matchAll(/^([A-Za-z-]+):/gm)].map(([, name]) => name);
    expect(names.filter((name) => /^(hop|auth|received)/i.test(name ?? ""))).toEqual([
      "Hop-Signal",
      "Authentication-Results",
      "Received",
    ]);
    expect(mail).toContain(
      "Hop-Signal: v=1; by=mx.example.test;\n b=x\nAuthentication-Results: mx.example.test;\n\tx-tls=pass\n",
    );
  });

  const answers: { name: string; outcome: Outcome; want: RegExp }[] = [
    {
      name: "a refusal",
      outcome: { action: "reject", reply: { code: 550, enhanced: "5.7.1", text: "because 100%" }, edits: [] },
      want: /^550 5\.7\.1 because 100%$/,
    },
    {
      name: "a delay",
      outcome: { action: "tempfail", reply: { code: 451, enhanced: "4.7.5", text: "later" }, edits: [] },
      want: /^451 4\.7\.5 later$/,
    },
  ];
  test.each(answers)("passes on $name", async ({ outcome: decided, want }) => {
    outcome = decided;
    expect((await smtp(["EHLO client.test", ...envelope, content], false)).at(-1)).toMatch(want);
  });

  test("holds what is quarantined", async () => {
    outcome = { action: "quarantine", reply: { code: 250, enhanced: "2.0.0", text: "rule" }, edits: [] };
    expect((await smtp(["EHLO client.test", ...envelope, content], false)).at(-1)).toMatch(/^250 /);
    expect(postfix?.queued("hold")).toHaveLength(1);
  });

  test("asks one recipient to come alone", async () => {
    const two = ["MAIL FROM:<>", "RCPT TO:<bob@example.test>", "RCPT TO:<alone@example.test>", "DATA", content];
    const said = await smtp(["EHLO client.test", ...two], false);
    expect(said.slice(3, 5)).toEqual([expect.stringMatching(/^250 /), "452 4.5.3 alone, please"]);
    expect(seen[0]?.recipients).toEqual(["bob@example.test"]);
  });

  test("sends mails one after the other over one session", async () => {
    await smtp([...tls, ...envelope, content, ...envelope, content, "RSET", ...envelope, content], true);
    expect(seen.map(({ body, certificate }) => [body, certificate?.state])).toEqual(
      Array.from({ length: 3 }, () => ["hello\r\n", "present"]),
    );
    expect(new Set(seen.map(({ queueId }) => queueId)).size).toBe(3);
  });
});
