// Client certificate facts on their way from a policy service in another process: a field that Postfix prepends to the
// mail, MACed with a secret both processes have, checked and removed here. Its name begins with Hop-, so that nothing of
// the kind ever comes in from outside or goes out.
import type { Crypto } from "../../shared/crypto/crypto.ts";
import { fromBase64Url, toBase64Url } from "../../shared/encoding/base64.ts";
import { bytesFromString, equalBytes } from "../../shared/encoding/bytes.ts";
import { formatTagList, parseTagList } from "../../shared/header/taglist.ts";
import { limits } from "../../shared/limits.ts";
import { type ClientCertificate, untaggedAddress } from "./client-facts.ts";

/** The field's name. */
export const clientHeader = "Hop-Client";

/** One SMTP client at one time. Unix seconds. */
export interface ClientMoment {
  readonly address: string;
  readonly port: number;
  readonly at: number;
}

const digest = /^[A-Za-z0-9_-]{43}$/;

function pairsOf(moment: ClientMoment, certificate: ClientCertificate): [string, string][] {
  const { state, fingerprint, keyFingerprint } = certificate;
  const pairs: [string, string][] = [
    ["v", "1"],
    ["t", String(moment.at)],
    ["ip", untaggedAddress(moment.address)],
    ["port", String(moment.port)],
    ["cc", state],
  ];
  if (fingerprint !== null) pairs.push(["ccfp", fingerprint]);
  if (keyFingerprint !== null) pairs.push(["ccpk", keyFingerprint]);
  return pairs;
}

async function macOf(
  pairs: readonly (readonly [string, string])[],
  secret: Uint8Array,
  crypto: Crypto,
): Promise<string> {
  const text = pairs.map(([name, value]) => `${name}=${value}`).join("\0");
  return toBase64Url(await crypto.hmac(secret, bytesFromString(`waybill-client\0${text}`)));
}

/** The value, on one line: a policy server's answer has no folding. */
export async function formatClientHeader(
  moment: ClientMoment,
  certificate: ClientCertificate,
  secret: Uint8Array,
  crypto: Crypto,
): Promise<string> {
  const pairs = pairsOf(moment, certificate);
  const list = formatTagList([...pairs, ["mac", await macOf(pairs, secret, crypto)]], { fold: [], nameCharacters: 0 });
  return list.replaceAll(/\r?\n[ \t]*/g, " ").trim();
}

/** The facts, if the value was written for this client lately by who has the secret; otherwise null. */
export async function checkClientHeader(
  value: string,
  client: ClientMoment,
  secret: Uint8Array,
  crypto: Crypto,
): Promise<ClientCertificate | null> {
  const list = parseTagList(value);
  if (!list.ok) return null;
  const tags = list.value;
  const state = tags.get("cc");
  const at = Number(tags.get("t"));
  if (state !== "none" && state !== "present" && state !== "verified") return null;
  if (!Number.isSafeInteger(at) || Math.abs(client.at - at) > limits.clientFactSeconds) return null;
  const fingerprint = tags.get("ccfp") ?? null;
  const keyFingerprint = tags.get("ccpk") ?? null;
  if ([fingerprint, keyFingerprint].some((print) => print !== null && !digest.test(print))) return null;
  const certificate: ClientCertificate = { state, fingerprint, keyFingerprint };
  const expected = fromBase64Url(await macOf(pairsOf({ ...client, at }, certificate), secret, crypto));
  const claimed = fromBase64Url(tags.get("mac") ?? "");
  return expected !== null && claimed !== null && equalBytes(expected, claimed) ? certificate : null;
}
