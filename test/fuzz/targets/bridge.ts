// What the bridge reads beside mail: DNS answers, its own files, packets of MTAs, requests of its API.
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import * as packet from "dns-packet";
import { parsePublicationPath } from "../../../bridge/api/publications.ts";
import { parseConfig } from "../../../bridge/config.ts";
import { formatEndpoint, parseEndpoint } from "../../../bridge/endpoint/endpoint.ts";
import { readAnswer } from "../../../bridge/dns/answer.ts";
import { decodeAnswer, type Question } from "../../../bridge/dns/exchange.ts";
import { parseZone } from "../../../bridge/dns/zone.ts";
import { checkUrl } from "../../../bridge/fetch/destination.ts";
import { parseUsers } from "../../../bridge/keys/grants.ts";
import {
  formatConnect,
  formatMacros,
  formatOptions,
  formatStrings,
  parseConnect,
  parseHeader,
  parseMacros,
  parseOptions,
  parseStrings,
} from "../../../bridge/milter/codec.ts";
import { checkClientHeader, formatClientHeader } from "../../../bridge/pipeline/client-header.ts";
import { parseWish } from "../../../bridge/pipeline/wish.ts";
import { readArrival } from "../../../bridge/reports/arrival.ts";
import { parseTagList } from "../../../shared/header/taglist.ts";
import { adminToken, makeSide, testClock } from "../../bridge/api/side.ts";
import { memoryStore, signalRow } from "../../bridge/store/fixtures.ts";
import { testCrypto, testTime } from "../../fakes/mail.ts";
import { byteString, holds, same, type Target } from "../target.ts";

const exampleConfig = readFileSync(join(import.meta.dirname, "..", "..", "..", "docs", "waybill.toml"), "utf8");
const question: Question = { name: "_ipp.example.org", type: "TXT" };

function dnsAnswer(more: Partial<packet.Packet>): Uint8Array {
  const questions: packet.Question[] = [{ type: "TXT", name: question.name, class: "IN" }];
  return new Uint8Array(packet.encode({ type: "response", id: 1, flags: packet.AUTHENTIC_DATA, questions, ...more }));
}

const secret = new Uint8Array(32).fill(9);
const moment = { address: "192.0.2.1", port: 4_000, at: testTime };
const clientCertificate = { state: "present", fingerprint: "A".repeat(43), keyFingerprint: null } as const;
const clientField = await formatClientHeader(moment, clientCertificate, secret, testCrypto);

const reach = { allowLoopback: false, refuse: ["198.51.100.0/24"], own: () => ["203.0.113.1"] };
const clock = testClock();
const store = await memoryStore();
const { app } = makeSide({ domain: "example.org", store, clock, chains: () => null });
const bearer = "a-readers-token";
await store.signals.record(signalRow({ ref: "r-1", recipients: ["bob@example.org"] }));

/** "METHOD path", header lines, an empty line, the body; null where the platform itself makes no request of it. */
function requestOf(input: Uint8Array): Request | null {
  const text = byteString(input);
  const end = text.indexOf("\n\n");
  const [first = "", ...lines] = (end === -1 ? text : text.slice(0, end)).split("\n");
  const [method = "GET", path = "/"] = first.split(" ");
  const body = end === -1 || method === "GET" || method === "HEAD" ? null : input.slice(end + 2);
  try {
    const headers = lines.map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    });
    return new Request(`https://ipp.example.org${path.startsWith("/") ? path : `/${path}`}`, {
      method,
      headers: [["host", "ipp.example.org"], ...headers],
      ...(body === null ? {} : { body }),
    });
  } catch {
    // No method, name or value that HTTP knows: Node's parser refuses it before us.
    return null;
  }
}

export const bridgeTargets: readonly Target[] = [
  {
    name: "dns/answer",
    seeds: [
      dnsAnswer({ answers: [{ type: "TXT", name: question.name, ttl: 60, data: ["v=IPP1;", " t=url"] }] }),
      dnsAnswer({
        answers: [
          { type: "CNAME", name: question.name, ttl: 5, data: "a.example" },
          { type: "TXT", name: "a.example", ttl: 60, data: "x" },
        ],
      }),
      dnsAnswer({ flags: 2 }),
      dnsAnswer({ flags: 3 }),
    ],
    stepsPerByte: 400,
    run(input) {
      const answer = decodeAnswer(Buffer.from(input), question, 1);
      if (answer === null) return;
      const records = readAnswer(answer, question);
      if (!records.ok) return;
      const { data, ttlSeconds } = records.value;
      holds(
        data.every((text) => typeof text === "string"),
        "records are texts",
      );
      holds(Number.isSafeInteger(ttlSeconds) && ttlSeconds >= 0 && ttlSeconds <= 86_400, "a lifetime within bounds");
    },
  },
  {
    name: "bridge/config",
    seeds: [
      exampleConfig,
      exampleConfig.replaceAll(/^#(?=[a-z_]+ = )/gm, ""),
      'hostname = "mx.example"\ndomains = ["example.org"]\n',
    ],
    maxBytes: 8_192,
    stepsPerByte: 2_000,
    run(input) {
      const text = Buffer.from(input).toString("utf8");
      const config = parseConfig(text);
      if (config.ok) {
        holds(config.value.domains.length > 0 && config.value.hostname !== "", "a bridge has a name and a domain");
      }
      const endpoint = parseEndpoint(text);
      if (endpoint !== null)
        holds(same(parseEndpoint(formatEndpoint(endpoint)), endpoint), "an endpoint reads as itself");
    },
  },
  {
    name: "bridge/files",
    seeds: [
      "alice alice@example.org personal,marketing.* personal\n# none\nbob @example.org\n",
      '{"zone":{"_ipp.a":["x"]}}',
      "{}",
      "none",
      "p=personal; cls=bulk",
    ],
    run(input) {
      const text = Buffer.from(input).toString("utf8");
      const users = parseUsers(text);
      if (users.ok)
        for (const { addresses } of users.value)
          holds(
            addresses.every((one) => one.includes("@")),
            "addresses",
          );
      parseZone(text);
      parseWish(byteString(input));
      readArrival(text);
      parsePublicationPath(text);
    },
  },
  {
    name: "fetch/url",
    seeds: [
      "https://ipp.example.org/a",
      "https://127.0.0.1/",
      "https://[::ffff:10.0.0.1]:8443/x?y#z",
      "https://0x7f.1/",
      "https://2130706433/",
    ],
    words: [
      "https://",
      "[::1]",
      "127.",
      "10.",
      "169.254.",
      "[64:ff9b::",
      "[2002:7f00:1::]",
      "%",
      "@",
      ":443",
      "\u3002",
    ],
    run(input) {
      const text = Buffer.from(input).toString("utf8");
      const checked = checkUrl(text, reach);
      if (!checked.ok) return;
      const { protocol, hostname, username } = checked.value;
      holds(protocol === "https:" && username === "", "https, nobody's name");
      const literal = hostname.replaceAll(/^\[|\]$/g, "");
      const inner = /^(?:127|10|0|192\.168|169\.254)\.|^(?:::1?$|f[cde])/.test(literal);
      holds(isIP(literal) === 0 || !inner, "no private address");
    },
  },
  {
    name: "milter/codec",
    seeds: [
      formatOptions({ version: 6, actions: 0x1ff, steps: 0x1fffff, macros: [{ stage: 1, names: "i {x}" }] }),
      formatConnect({ host: "a.example", family: "4", port: 25, address: "192.0.2.1" }),
      formatConnect({ host: "localhost", family: "U", port: null, address: null }),
      formatMacros({ command: 0x4d, values: new Map([["i", "4QX1"]]) }),
      formatStrings(["<a@b>", "SIZE=1"]),
      "Subject\0 a\0",
    ],
    run(input) {
      const text = byteString(input);
      const [options, connect, macros, strings, header] = [
        parseOptions(text),
        parseConnect(text),
        parseMacros(text),
        parseStrings(text),
        parseHeader(text),
      ];
      if (options.ok) holds(formatOptions(options.value) === text, "options as they were");
      if (connect.ok) holds(same(parseConnect(formatConnect(connect.value)), connect), "a connection as it was");
      if (macros.ok) holds(same(parseMacros(formatMacros(macros.value)), macros), "macros as they were");
      if (strings.ok) holds(formatStrings(strings.value) === text, "strings as they were");
      if (header.ok) holds(`${header.value.name}\0${header.value.value}\0` === text, "a field as it was");
    },
  },
  {
    name: "pipeline/client",
    seeds: [clientField],
    async run(input) {
      const text = byteString(input);
      const answer = await checkClientHeader(text, moment, secret, testCrypto);
      if (answer === null) return;
      const [read, written] = [parseTagList(text), parseTagList(clientField)];
      holds(read.ok && written.ok, "a believed field is a list");
      for (const name of ["cc", "t", "ccfp", "ccpk"]) {
        holds(read.value.get(name) === written.value.get(name), `${name} as it was written`);
      }
    },
  },
  {
    name: "api/requests",
    seeds: [
      "GET /.well-known/ipp",
      "GET /ipp/example.org/AAAAAAAAAAAAAAAA.pub\nif-none-match: x",
      "GET /ipp/example.org/keys",
      `POST /api/v1/complaints\ncontent-type: application/json\nauthorization: Bearer ${bearer}\n\n{"ref":"r-1","code":"phishing","tellSender":true}`,
      `GET /api/v1/complaints?ref=r-1\nauthorization: Bearer ${bearer}`,
      `DELETE /api/v1/complaints/a\ncontent-type: application/json\nauthorization: Bearer ${bearer}\n\n{"undo":"x"}`,
      'POST /api/v1/pairings\ncontent-type: application/json\n\n{"address":"bob@example.org"}',
      'POST /api/v1/pairings/p\ncontent-type: application/json\n\n{"code":"ABCD"}',
      "DELETE /api/v1/session\nauthorization: Bearer abc",
      `GET /api/v1/signals/r-1?x=1\naccept: text/html\nauthorization: Bearer ${bearer}`,
      `GET /api/v1/certificates/${"A".repeat(43)}\nauthorization: Bearer ${bearer}`,
      `POST /ipp/example.org/AAAAAAAAAAAAAAAA.report/${"A".repeat(40)}/phishing\ncontent-type: application/json\nsignature: a=:AA==:\nsignature-input: a=()\ncontent-digest: sha-256=:AA==:\n\n{}`,
      "OPTIONS /api/v1/policy\norigin: https://evil.example",
      `PUT /api/v1/policy\ncontent-type: application/json\nauthorization: Bearer ${bearer}\n\n{"v":"IPP1","id":"mine","default":"accept","undeclared":"tag"}`,
      `GET /metrics\nauthorization: Bearer ${adminToken}`,
      `GET /api/v1/admin/counts?days=3\nauthorization: Bearer ${adminToken}`,
    ],
    words: ["/api/v1/", "/ipp/", "%2e%2e/", "%00", "__proto__", "openapi.json", bearer, adminToken],
    baseSteps: 100_000,
    stepsPerByte: 400,
    async run(input) {
      const request = requestOf(input);
      if (request === null) return;
      // Each comes a day after the one before: nobody is asked to slow down, no pairing lasts.
      clock.time += 86_400;
      await store.bearers.remove(bearer);
      await store.bearers.add({ token: bearer, address: "bob@example.org", now: clock.time });
      const answer = await app.fetch(request);
      const body = await answer.text();
      holds(answer.status < 500 || answer.status === 503, `no failure of ours: ${answer.status} ${body.slice(0, 200)}`);
      holds(answer.headers.get("access-control-allow-origin") === null, "no page of strangers is let in");
      if (/json/.test(answer.headers.get("content-type") ?? "")) JSON.parse(body);
    },
  },
];
