// The first of two passes, before other milters run: takes out what nobody but us may say (strip.ts), so that DKIM and
// the like neither see nor sign it, and what they write under our authserv-id is theirs. The sealing pass comes last.
import { claimsId } from "../../shared/authres/claims.ts";
import { type HeaderField, plainName } from "../../shared/header/field.ts";
import { checkClientHeader, clientHeader } from "./client-header.ts";
import { deletions, HeaderCollector, tooLarge } from "./header-fields.ts";
import type { Client, OpenPassage, Outcome } from "./mail.ts";
import { noSeals, ownSeals, type OwnSeals } from "./own-seals.ts";
import type { PipelineDeps, SealKeys } from "./ports.ts";
import { type StrippedKind, strippable } from "./strip.ts";

/** What the first pass is made of. */
export interface StripDeps extends PipelineDeps {
  /** `s` of one's own seals. */
  readonly domain: string;
  readonly sealKeys: SealKeys;
  readonly ownAuthservIds: readonly string[];
  readonly clientHeaderSecret: Uint8Array | null;
}

/** The way through the first pass. It looks at no body and refuses no recipient. */
export function createStrip(deps: StripDeps): OpenPassage {
  return (client) => {
    const header = new HeaderCollector();
    return {
      recipient: () => null,
      field: (name, value) => header.add(name, value),
      body: () => undefined,
      end: async () => (header.overflown ? tooLarge : await strip(header, client, deps)),
    };
  };
}

/** Bodies are not looked at here, and a seal's header holds without. */
const noBody = new Uint8Array(32);

async function strip(header: HeaderCollector, client: Client, deps: StripDeps): Promise<Outcome> {
  const seals = client.listener === "inner" ? await ownSeals(header.fields, noBody, deps) : noSeals;
  const removed = new Set<HeaderField>();
  for (const [field, kind] of strippable(header)) {
    if (await stays(field, kind, { client, seals }, deps)) continue;
    removed.add(field);
    deps.counters.count("stripped", { kind });
  }
  return { action: "accept", reply: null, edits: deletions(header, removed) };
}

/**
 * The sealing pass still needs the policy service's word, and on an inner listener tells seals apart. Results under our name
 * only stay under a seal: what a filter behind this pass writes can't be told from what a stranger wrote before it.
 */
async function stays(
  field: HeaderField,
  kind: StrippedKind,
  { client, seals }: { readonly client: Client; readonly seals: OwnSeals },
  deps: StripDeps,
): Promise<boolean> {
  if (kind === "authres") return seals.kept.has(field) || !claimsId(field.value, deps.ownAuthservIds);
  if (kind === "wish") return false;
  if (client.listener === "inner" && plainName(field.name) === "hop-signal") return true;
  const { address, port } = client;
  if (plainName(field.name) !== clientHeader.toLowerCase() || deps.clientHeaderSecret === null) return false;
  if (address === null || port === null) return false;
  const moment = { address, port, at: deps.clock.now() };
  return (await checkClientHeader(field.value, moment, deps.clientHeaderSecret, deps.crypto)) !== null;
}
