// What a domain's DNS may hold in its `_ipp` record's place, by a real resolver's datagrams: what is sealed of a mail that
// declares something and of one that does not, and what their readers are told. Protocol section 1.
import * as packet from "dns-packet";
import { afterEach, beforeAll, expect, test } from "vitest";
import { stubResolver } from "../../../bridge/dns/stub.ts";
import type { Message } from "../../../shared/header/field.ts";
import { limits } from "../../../shared/limits.ts";
import { type Identity, makeIdentity, makeMail, signMail } from "../../fakes/mail.ts";
import { answerTo, type Answering, startDnsServer } from "../dns/server.ts";
import type { Desk } from "./desk.ts";
import { arrives, borderOf, pem } from "./senders.ts";

const name = "_ipp.example.org";
const url = "https://ipp.example/example.org/";
const record = `v=IPP1; t=url; url=${url}; m=all`;
let alice: Identity;
let signed: Message;
let stop: (() => Promise<void>) | null = null;

beforeAll(async () => {
  alice = await makeIdentity("alice@example.org");
  signed = await signMail(makeMail(), alice);
});
afterEach(async () => {
  await stop?.();
  stop = null;
});

/** A border that asks this server; how often it did. */
async function border(answering: Answering): Promise<{ desk: Desk; asked: readonly object[] }> {
  const server = await startDnsServer(answering);
  stop = server.stop;
  let ms = 0;
  // Time goes by between two mails, so that nothing is kept.
  const now = (): number => (ms += 86_400_000);
  const resolver = stubResolver({ server: { address: "127.0.0.1", port: server.port }, timeoutMs: 2_000, now });
  const documents = { [`${url}alice.pub?ks=${alice.signer.keyId}`]: pem(...alice.chain) };
  return { desk: borderOf({ names: {}, documents }, { resolver }), asked: server.asked };
}

/** A TXT record of as many strings as it takes. */
const txt = (text: string, owner = name): packet.TxtAnswer => ({
  type: "TXT",
  name: owner,
  ttl: 300,
  data: text.match(/.{1,255}/gs) ?? [""],
});
const alias = (owner: string, data: string): packet.StringAnswer => ({ type: "CNAME", name: owner, ttl: 300, data });
/** By datagram where it fits, else by TCP. */
const says =
  (...answers: packet.Answer[]): Answering =>
  (asked) => {
    const whole = answerTo(asked, { answers });
    return [
      asked.transport === "udp" && whole.length > 1_232 ? answerTo(asked, { flags: packet.TRUNCATED_RESPONSE }) : whole,
    ];
  };
const chain = (length: number): packet.Answer[] => [
  ...Array.from({ length }, (_, n) => alias(n === 0 ? name : `a${n}.example`, `a${n + 1}.example`)),
  txt(record, `a${length}.example`),
];

const good = "pass site: holds pass";
const malformed = "permerror none: careful permerror";
const plainUnknown = "none: unrecorded none";
const plainAll = "none: broken none-all";

const cases: { name: string; answering: Answering; declared: string; plain: string }[] = [
  { name: "the record", answering: says(txt(record)), declared: good, plain: plainAll },
  { name: "none", answering: says(), declared: malformed, plain: plainUnknown },
  { name: "doubled", answering: says(txt(record), txt(record)), declared: malformed, plain: plainUnknown },
  {
    name: "doubled by an attacker's",
    answering: says(txt(record), txt("v=IPP1; t=url; url=https://evil.example/")),
    declared: malformed,
    plain: plainUnknown,
  },
  {
    name: "among three hundred of others",
    answering: says(...Array.from({ length: 300 }, (_, n) => txt(`other=${n}`)), txt(record)),
    declared: good,
    plain: plainAll,
  },
  {
    name: "huge",
    answering: says(txt(`${record}; x=${"y".repeat(limits.txtBytes)}`)),
    declared: malformed,
    plain: plainUnknown,
  },
  {
    name: "as huge as DNS lets it be",
    answering: says(txt(`${record}; x=${"y".repeat(60_000)}`)),
    declared: malformed,
    plain: plainUnknown,
  },
  {
    name: "doubled, and the second one huge",
    answering: says(txt(record), txt(`${record}; x=${"y".repeat(limits.txtBytes)}`)),
    declared: malformed,
    plain: plainUnknown,
  },
  {
    name: "of a thousand tags",
    answering: says(txt(`${record}${"; a=b".repeat(1_000)}`)),
    declared: malformed,
    plain: plainUnknown,
  },
  {
    name: "of another kind",
    answering: says(txt("v=IPP1; t=ldap; url=ldap://x/")),
    declared: malformed,
    plain: plainUnknown,
  },
  { name: "behind a CNAME", answering: says(...chain(1)), declared: good, plain: plainAll },
  { name: "behind eight CNAMEs", answering: says(...chain(8)), declared: good, plain: plainAll },
  { name: "behind a thousand", answering: says(...chain(1_000)), declared: "451", plain: plainUnknown },
  { name: "a CNAME to itself", answering: says(alias(name, name)), declared: "451", plain: plainUnknown },
  {
    name: "a loop of two",
    answering: says(alias(name, "a.example"), alias("a.example", name)),
    declared: "451",
    plain: plainUnknown,
  },
  {
    name: "a loop, and the record of another name",
    answering: says(alias(name, name), txt(record, "a.example")),
    declared: "451",
    plain: plainUnknown,
  },
];

test.each(cases)("$name", async ({ answering, declared, plain }) => {
  const { desk, asked } = await border(answering);
  expect((await arrives(desk, signed)).words).toBe(declared);
  expect((await arrives(desk, makeMail())).words).toBe(plain);
  // One question a mail, and once more over TCP where the answer is long.
  expect(asked.length).toBeLessThanOrEqual(4);
  if (declared !== "451") return;
  desk.now += 4 * 3_600;
  expect((await arrives(desk, signed)).words).toBe("temperror none: unproven temperror");
});
