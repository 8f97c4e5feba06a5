// The policy service: the real server behind a UNIX socket, requests cut anywhere, and another client asking meanwhile.
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rememberClient } from "../../../bridge/policyd/handover.ts";
import { servePolicy } from "../../../bridge/policyd/server.ts";
import { ClientFacts } from "../../../bridge/pipeline/client-facts.ts";
import { testTime } from "../../fakes/mail.ts";
import { byteString, holds, octetsOf, type Target } from "../target.ts";

const folder = mkdtempSync(join(tmpdir(), "waybill-fuzz-policy-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

const facts = new ClientFacts({ now: () => testTime });
const server = await servePolicy(
  {
    endpoint: { path: join(folder, "policy.sock") },
    rules: [rememberClient(facts), (request) => `450 ${request.get("recipient") ?? "nobody"}`],
    log: {
      info: () => undefined,
      warn: () => undefined,
      error: (_, message) => {
        throw new Error(message);
      },
    },
    counters: { count: () => undefined },
  },
  new AbortController().signal,
);

/** What the service must answer to all of these octets, and whether it must then cut the connection. */
function model(sent: string): { readonly answers: string; readonly cut: boolean } {
  let answers = "";
  let rest = sent;
  for (;;) {
    const end = rest.indexOf("\n\n");
    const request = end === -1 ? rest : rest.slice(0, end);
    if (request.length > 65_536) return { answers, cut: true };
    if (end === -1) return { answers, cut: false };
    const lines = request.split("\n");
    const pairs = lines.map((line) => /^([^=]+)=([^]*)$/.exec(line));
    const first = (name: string): string | undefined => pairs.find((pair) => pair?.[1] === name)?.[2];
    const fine =
      pairs.every((pair) => pair !== null) && first("request") === "smtpd_access_policy" && lines.length <= 200;
    if (!fine) return { answers, cut: true };
    const recipient = new TextDecoder().decode(Buffer.from(first("recipient") ?? "nobody", "latin1"));
    answers += `action=450 ${recipient.replaceAll(/[^\x20-\x7e]/g, "?")}\n\n`;
    rest = rest.slice(end + 2);
  }
}

/** Writes pieces of the sizes that octets say; reads until `wanted` has come and nothing more can. */
async function talk(input: Uint8Array): Promise<{ readonly got: string; readonly cut: boolean }> {
  const { answers, cut } = model(byteString(input));
  const socket = connect(String(server.address));
  let got = "";
  const ended = new Promise<true>((resolve) => socket.once("close", () => resolve(true)));
  const enough = new Promise<false>((resolve) => {
    const look = (): void => {
      if (!cut && got.length >= answers.length) resolve(false);
    };
    socket.on("data", (chunk) => {
      got += chunk.toString("latin1");
      look();
    });
    socket.once("connect", look);
  });
  socket.on("error", () => undefined);
  const size = 1 + (input[0] ?? 0) * 8;
  for (let at = 0; at < input.length && !socket.destroyed; at += size) {
    socket.write(input.subarray(at, at + size));
    if (input.length / size < 40) await new Promise((resolve) => setImmediate(resolve));
  }
  const wasCut = await Promise.race([ended, enough]);
  socket.destroy();
  await ended;
  return { got, cut: wasCut };
}

const good =
  "request=smtpd_access_policy\nprotocol_state=RCPT\nrecipient=bob@example.net\nclient_address=192.0.2.1\n\n";

export const policyServiceTargets: readonly Target[] = [
  {
    name: "policyd/protocol",
    seeds: [good, good.repeat(3), good.replace("bob", "\u00e9\x01"), "GET / HTTP/1.1\r\n\r\n", `${good}a=b`],
    words: ["\n\n", "request=smtpd_access_policy\n", "ccert_fingerprint=", "encryption_protocol=TLSv1.3\n", good],
    maxBytes: 70_000,
    baseSteps: 20_000,
    async run(input) {
      const wanted = model(byteString(input));
      const { got, cut } = await talk(input);
      holds(cut === wanted.cut, wanted.cut ? "who breaks the protocol is cut" : "nobody else is cut");
      // What was written before the cut may not arrive.
      holds(cut ? wanted.answers.startsWith(got) : got === wanted.answers, "each request has its answer");
      const other = await talk(octetsOf(good));
      holds(other.got === "action=450 bob@example.net\n\n", "others are served");
    },
  },
];
