// What a reader's program takes in: raw mails, his bridge's answers, messages of content scripts.
import { webCrypto } from "../../../shared/crypto/webcrypto.ts";
import { stringFromBytes } from "../../../shared/encoding/bytes.ts";
import { sealHop } from "../../../shared/hop/seal.ts";
import { formatBridgeKeys } from "../../../shared/hop/keys.ts";
import { optionalFields } from "../../../shared/ipp/signed-fields.ts";
import { assess } from "../../../shared/verdict/assess.ts";
import { parseWellKnown } from "../../../extension/client/well-known.ts";
import { bridgeUrl } from "../../../extension/client/bridge-url.ts";
import { commonHandlers } from "../../../extension/background/handlers.ts";
import { connect, fakePlatform, fakeTab } from "../../extension/background/fake-platform.ts";
import {
  makeBridgeKey,
  makeIdentity,
  makeMail,
  makeSignal,
  rawMail,
  signMail,
  testTime,
  withFields,
} from "../../fakes/mail.ts";
import { meaningOf } from "../../fakes/meaning.ts";
import { holds, type Target } from "../target.ts";

const { signer, key } = makeBridgeKey();
const alice = await makeIdentity("alice@example.org");
const declared = await signMail(makeMail({ body: "Dear Bob,\r\n\r\npay.\r\n" }), alice);
const received = withFields(declared, { name: "Authentication-Results", value: " mx1.example.net; dkim=pass" });
const seal = await sealHop({ signal: makeSignal(received, signer), fields: received.fields, signer });
const mail = stringFromBytes(rawMail(withFields(received, { name: "Hop-Signal", value: seal })));
const original = meaningOf(mail, "mx1.example.net", []);

const wellKnown = JSON.stringify({
  v: "IPP1",
  domain: "example.net",
  authserv: ["mx1.example.net"],
  api: "https://mail.example.net/api/v1/",
  keys: formatBridgeKeys([key]),
});

const names = Object.keys(
  commonHandlers(fakeTab(fakePlatform({ fetch: nowhere, now: testTime })).background, async () => undefined),
);

async function nowhere(): Promise<Response> {
  throw new TypeError("no network here");
}

function json(input: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(input).toString("utf8"));
  } catch {
    return undefined;
  }
}

export const readerTargets: readonly Target[] = [
  {
    name: "verdict/assess",
    seeds: [mail, mail.replace(/^Hop-Signal:[^]*?(?=^\S)/m, ""), "From: a@b\r\n\r\nx"],
    maxBytes: 6_000,
    baseSteps: 60_000,
    async run(input) {
      const answer = await assess(input, {
        crypto: webCrypto,
        now: testTime + 100,
        domains: ["example.net"],
        keys: async () => [key],
        certificates: async (keyId) => ({
          chains: keyId === alice.signer.keyId ? [alice.chain] : [],
          revokedFrom: null,
          withdrawnPaths: [],
        }),
        trustedAuthservIds: ["mx1.example.net"],
        readerAddresses: ["bob@example.net"],
      });
      if (!answer.ok || answer.value.verdict.level !== "holds") return;
      const optional = optionalFields.filter((name) => new RegExp(`^${name}:`, "im").test(mail));
      const meaning = meaningOf(stringFromBytes(input), "mx1.example.net", optional);
      holds(meaning !== null, "what holds is a mail");
      holds(meaning.declared === original?.declared && meaning.body === original.body, "only what was signed holds");
      holds(meaning.plainParts, "and only with the parts that everybody finds");
      holds(
        meaning.sealed.some((text) => text === original.sealed[0]),
        "and only under the seal",
      );
    },
  },
  {
    name: "extension/bridge",
    seeds: [
      wellKnown,
      "{}",
      '{"pairing":"p","expiresAt":1}',
      '{"chains":[["AA=="]]}',
      '{"id":"a","undo":"b","undoUntil":1}',
    ],
    baseSteps: 200_000,
    stepsPerByte: 1_000,
    async run(input) {
      const read = parseWellKnown(json(input), new URL("https://example.net/"));
      if (read.ok) holds(read.value.api.startsWith("https://"), "a bridge found by https has an https API");
      const url = bridgeUrl(Buffer.from(input).toString("utf8"));
      if (url !== null) holds(url.username === "" && /^https?:$/.test(url.protocol), "an address that may be asked");
      // All that the background asks is answered by these octets.
      const platform = fakePlatform({ fetch: async () => new Response(input.slice()), now: testTime });
      const tab = fakeTab(platform);
      tab.show(mail);
      await tab.askAs({}, "account-look", { id: "account1" });
      await connect(tab, "account1");
      await tab.askAs({}, "panel-ask", { tabId: 1 });
      holds(platform.failures.length === 0, `nothing breaks: ${String(platform.failures[0])}`);
    },
  },
  {
    name: "extension/messages",
    seeds: [
      ...names.map((name) => JSON.stringify({ waybill: name, request: { tabId: 1, key: "k", id: "account1" } })),
      '{"waybill":"complaint-make","request":{"tabId":1,"key":"tab:1","order":{"code":"phishing","actual":null,"tellSender":true,"moveToJunk":false,"unsubscribe":false}}}',
      '{"waybill":"preferences-set","request":{"banner":true,"junk":false}}',
      '{"waybill":"account-change","request":{"id":"account1","trusted":["mx"],"bridge":"https://a.example"}}',
    ],
    baseSteps: 200_000,
    stepsPerByte: 1_000,
    async run(input) {
      const message = json(input);
      if (typeof message !== "object" || message === null || !("waybill" in message)) return;
      const request = "request" in message ? message.request : undefined;
      const platform = fakePlatform({ fetch: nowhere, now: testTime });
      const tab = fakeTab(platform);
      tab.show(mail);
      for (const kind of ["webmail", "mail"] as const) {
        const said = await tab.askAs({ kind, tabId: 1 }, String(message.waybill), request);
        holds("refused" in said, "a content script is refused what only pages may ask");
      }
      const done = await tab.askAs({}, String(message.waybill), request);
      holds("reply" in done || "refused" in done, "an answer or a refusal");
      holds(platform.failures.length === 0, `nothing breaks: ${String(platform.failures[0])}`);
    },
  },
];
