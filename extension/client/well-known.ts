// Finding a bridge: /.well-known/ipp of the mail domain, then of the servers the mailbox is read from. An extension
// can't ask DNS for TXT records, so this is how it learns its own provider's seal keys and API.
import * as v from "valibot";
import { parsePublicJwk } from "../../shared/hop/key-types.ts";
import { perm, ok } from "../../shared/result.ts";
import type { Result } from "../../shared/result.ts";
import { bridgeUrl } from "./bridge-url.ts";
import { requestJson } from "./request.ts";
import type { Fetch } from "./request.ts";

const host = v.pipe(v.string(), v.regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i));
const seconds = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const coordinate = v.pipe(v.string(), v.regex(/^[\w-]{43}$/));

/** One of its seal keys; which members go together shared/hop/key-types.ts says. */
export const keySchema = v.object({
  kid: v.pipe(v.string(), v.regex(/^[\w-]{43}$/)),
  kty: v.picklist(["EC", "OKP"]),
  crv: v.picklist(["P-256", "Ed25519"]),
  x: coordinate,
  y: v.exactOptional(coordinate),
  nbf: seconds,
  exp: seconds,
  revoked: v.optional(v.boolean(), false),
  sig: v.exactOptional(v.pipe(v.string(), v.maxLength(200))),
});

const record = v.record(v.string(), v.unknown());

/** A key of a kind that came after this version: passed over, as shared/hop/keys.ts does, and all others count. */
function isOfLaterKind(key: unknown): boolean {
  return v.is(record, key) && parsePublicJwk(key) === "other";
}

const keysSchema = v.pipe(
  v.array(v.unknown()),
  v.maxLength(100),
  v.transform((keys) => keys.filter((key) => !isOfLaterKind(key))),
  v.array(keySchema),
  v.minLength(1),
);

/** What a bridge says of itself, and what is pinned of it. Plain data: it is kept in storage. */
export const bridgeSchema = v.object({
  v: v.literal("IPP1"),
  /** `s` of its seals. */
  domain: host,
  /** Names it writes into its Authentication-Results. */
  authserv: v.optional(v.pipe(v.array(host), v.maxLength(50)), []),
  /** Base of its API, with a final slash. */
  api: v.pipe(v.string(), v.maxLength(500)),
  keys: keysSchema,
});
/** The same as kept: `keys` and names may not be changed. */
export type BridgeRecord = Readonly<Omit<v.InferOutput<typeof bridgeSchema>, "keys" | "authserv">> & {
  readonly keys: readonly Readonly<v.InferOutput<typeof keySchema>>[];
  readonly authserv: readonly string[];
};

/** Reads the document. `from`: where it was fetched, whose scheme the API may not fall below. */
export function parseWellKnown(document: unknown, from: URL): Result<BridgeRecord> {
  const parsed = v.safeParse(bridgeSchema, document);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    return perm("client/well-known", issue === undefined ? "" : `${v.getDotPath(issue) ?? ""}: ${issue.message}`);
  }
  const api = bridgeUrl(parsed.output.api);
  if (api === null || (from.protocol === "https:" && api.protocol !== "https:"))
    return perm("client/well-known", "api is no address a bridge may have");
  return ok({ ...parsed.output, domain: parsed.output.domain.toLowerCase(), api: api.href });
}

/** Asks one place. `domain`: the mail domain, for hosts that serve several. */
export async function fetchWellKnown(fetchIt: Fetch, base: URL, domain: string): Promise<Result<BridgeRecord>> {
  const url = new URL(`.well-known/ipp?domain=${encodeURIComponent(domain)}`, base);
  const answer = await requestJson(fetchIt, { method: "GET", url: url.href });
  return answer.ok ? parseWellKnown(answer.value, url) : answer;
}

/** The first of `hosts` that has a bridge for the domain; the last failure where none has. */
export async function findBridge(fetchIt: Fetch, hosts: readonly URL[], domain: string): Promise<Result<BridgeRecord>> {
  let last: Result<BridgeRecord> = perm("client/nowhere", "no place to ask");
  for (const base of hosts) {
    last = await fetchWellKnown(fetchIt, base, domain);
    if (last.ok) return last;
  }
  return last;
}
