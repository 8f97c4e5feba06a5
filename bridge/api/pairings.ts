// Pairing an add-on with a mailbox: the bridge mails a one-time code to the address, whoever reads the mailbox hands it in
// and gets a bearer (protocol section 6; decisions). Nobody learns which addresses exist.
import * as v from "valibot";
import { parseAddress } from "../../shared/header/address.ts";
import { randomText } from "../reports/compose.ts";
import { sameAddress } from "../store/digest.ts";
import { empty, errorSchema, json, refuse } from "./answers.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import type { ApiDeps } from "./ports.ts";
import type { RateLimit } from "./rate-limit.ts";

const startSchema = v.object({ address: v.pipe(v.string(), v.maxLength(320)) });
const startedSchema = v.object({ pairing: v.string(), expiresAt: v.pipe(v.number(), v.integer()) });
const codeSchema = v.object({ code: v.pipe(v.string(), v.regex(/^[\w-]{4,100}$/)) });
const sessionSchema = v.object({
  token: v.pipe(v.string(), v.description("bearer for all that needs one")),
  address: v.string(),
});

/** How long a code is good, s: mail takes minutes where greylisting is about. */
const pairingSeconds = 900;

/**
 * Local parts that lead on from here: MTAs take a%there@here, there!a@here and "a@there"@here for a@there (Postfix'
 * allow_percent_hack, swap_bangpath, resolve_dequoted_address), and relay what this machine hands in.
 */
const leadsOn = /[%!@]/;

/** The mail that carries a code, to be read by the add-on; a person finds what to do with it. */
function codeMail(
  to: string,
  pairing: string,
  code: string,
  minutes: number,
): Parameters<ApiDeps["mailer"]["send"]>[0] {
  return {
    to,
    subject: "Waybill: connecting your mail program",
    text: [
      "Your mail program asked to be connected with your mail server's Waybill.",
      "It reads the code below by itself and you need do nothing; you may delete this mail afterwards.",
      "",
      `Code: ${code}`,
      `Good for ${minutes} minutes.`,
      "",
      "If you did not set up anything just now, somebody else entered your address. Without this code that does nothing.",
      "",
    ].join("\r\n"),
    headers: { "Waybill-Pairing": `${pairing}; code=${code}` },
  };
}

/** The endpoints. */
export function pairingEndpoints(deps: ApiDeps, limit: RateLimit): readonly Endpoint[] {
  const { store, clock, random, mailer, compose, log } = deps;

  /** Sends the code when the address is one of ours; a limit on how often one mailbox is written to. */
  async function start(address: string): Promise<{ pairing: string; expiresAt: number }> {
    const pairing = randomText(random, 12);
    const code = randomText(random, 12);
    const expiresAt = clock.now() + pairingSeconds;
    const parsed = parseAddress(address);
    const ours =
      parsed.ok && deps.site().domains.includes(parsed.value.domain) && !leadsOn.test(parsed.value.localPart);
    if (!ours) return { pairing, expiresAt };
    const to = parsed.value.address;
    // bob+1, bob+2 … are one mailbox, and are not filled as many.
    const mailbox = sameAddress(compose.mailboxOf(to) ?? to);
    if (limit.take("pairingAddress", mailbox) > 0) return { pairing, expiresAt };
    await store.pairings.add({ id: pairing, address: to, code, expiresAt });
    // Not waited for: how long the mail server takes tells whether there is such a mailbox.
    void mailer.send(codeMail(to, pairing, code, pairingSeconds / 60)).then((sent) => {
      if (!sent.ok) log.warn({ code: sent.code, detail: sent.detail }, "a pairing code could not be mailed");
    });
    return { pairing, expiresAt };
  }

  return [
    endpoint({
      method: "post",
      path: "/api/v1/pairings",
      summary: "Asks for a code to be mailed to an address",
      rate: "pairingClient",
      body: startSchema,
      answers: { 202: { description: "The same for every address", schema: startedSchema } },
      async handle({ body }) {
        return json(await start(body.address), 202);
      },
    }),
    endpoint({
      method: "post",
      path: "/api/v1/pairings/{pairing}",
      summary: "Hands the code in",
      rate: "pairingCode",
      body: codeSchema,
      answers: {
        201: { description: "Paired", schema: sessionSchema },
        403: { description: "Wrong or used code, over, or too many tries", schema: errorSchema },
      },
      async handle({ body, path }) {
        const now = clock.now();
        const address = await store.pairings.redeem(path("pairing"), body.code, now);
        if (address === null) return refuse(403, "pairings/code", "wrong or used code, over, or too many tries");
        const token = randomText(random, 32);
        await store.bearers.add({ token, address, now });
        log.info({ address }, "an add-on was paired");
        return json({ token, address }, 201);
      },
    }),
    endpoint({
      method: "delete",
      path: "/api/v1/session",
      summary: "Ends the pairing whose bearer asks",
      access: "bearer",
      answers: { 204: { description: "Ended" } },
      async handle({ c }) {
        const token = /^Bearer (\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1] ?? "";
        await store.bearers.remove(token);
        return empty();
      },
    }),
  ];
}
