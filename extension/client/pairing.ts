// Pairing a mailbox with its bridge: the bridge mails a one-time code, whoever reads the mailbox reads the code.
import * as v from "valibot";
import type { HeaderField } from "../../shared/header/field.ts";
import { ok, perm } from "../../shared/result.ts";
import type { Result } from "../../shared/result.ts";
import { requestJson } from "./request.ts";
import type { Fetch } from "./request.ts";

const startedSchema = v.object({
  pairing: v.pipe(v.string(), v.regex(/^[\w-]{1,100}$/)),
  expiresAt: v.pipe(v.number(), v.safeInteger()),
});
/** A pairing under way; `expiresAt` in Unix seconds. */
export type StartedPairing = v.InferOutput<typeof startedSchema>;

/** Also the form in which it is kept. */
export const sessionSchema = v.object({
  token: v.pipe(v.string(), v.regex(/^[\w.~+/=-]{20,500}$/)),
  address: v.pipe(v.string(), v.maxLength(320)),
});
/** What pairing gives: the bearer, and the mailbox it stands for. */
type Session = v.InferOutput<typeof sessionSchema>;

function parsed<T extends v.GenericSchema>(schema: T, value: unknown): Result<v.InferOutput<T>> {
  const result = v.safeParse(schema, value);
  return result.success ? ok(result.output) : perm("client/pairing", "not what a bridge answers");
}

/** Asks the bridge to mail a code to `address`. */
export async function startPairing(fetchIt: Fetch, api: string, address: string): Promise<Result<StartedPairing>> {
  const answer = await requestJson(fetchIt, { method: "POST", url: `${api}pairings`, body: { address } });
  return answer.ok ? parsed(startedSchema, answer.value) : answer;
}

/** Hands the code in. */
export async function finishPairing(
  fetchIt: Fetch,
  api: string,
  given: { readonly pairing: string; readonly code: string },
): Promise<Result<Session>> {
  const url = `${api}pairings/${encodeURIComponent(given.pairing)}`;
  const answer = await requestJson(fetchIt, { method: "POST", url, body: { code: given.code } });
  return answer.ok ? parsed(sessionSchema, answer.value) : answer;
}

/** Makes the bridge forget this bearer. */
export async function endSession(fetchIt: Fetch, api: string, token: string): Promise<Result<unknown>> {
  return await requestJson(fetchIt, { method: "DELETE", url: `${api}session`, token });
}

const pairingMail = /^\s*([\w-]{1,100})\s*;\s*code=([\w-]{4,100})\s*$/;

/**
 * The code in a mail that answers `pairing`, or null. A stranger's mail with this field does no harm: it must name the
 * pairing that this very add-on has started, and its code only counts if the bridge takes it.
 */
export function pairingCode(fields: readonly HeaderField[], pairing: string): string | null {
  for (const field of fields) {
    if (field.name.toLowerCase() !== "waybill-pairing") continue;
    const match = pairingMail.exec(field.value.replace(/\r?\n(?=[ \t])/g, ""));
    if (match?.[1] === pairing) return match[2] ?? null;
  }
  return null;
}
