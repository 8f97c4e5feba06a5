// Hop-Signal value → HopSignal. Protocol section 4. Only fields sealed by keys one believes get shown, so a value out of
// place refuses the field; unknown tags are ignored, for versions to come.
import { fromBase64, isBase64Url, withoutWhitespace } from "../encoding/base64.ts";
import { asciiDomain } from "../header/address.ts";
import { readTagList } from "../header/taglist.ts";
import type { TagList } from "../header/taglist.ts";
import { declarationResults, trustLevels } from "../ipp/types.ts";
import { ok, perm } from "../result.ts";
import type { Failure, Result } from "../result.ts";
import { sealAlgorithms } from "./key-types.ts";
import { cutLast, parseNumber, parseText } from "./tags.ts";
import type { HopTagName } from "./tags.ts";
import { policyActions } from "./types.ts";
import type { HopSignal } from "./types.ts";

/** A Hop-Signal that has the right form. Nothing of it is proven yet. */
export interface ParsedHopSignal {
  readonly signal: HopSignal;
  /** `b`. */
  readonly seal: Uint8Array;
  /** The list as it stood, to check it with `b` empty. */
  readonly list: TagList;
}

const clientStates = ["none", "present", "verified"] as const;
const warningWords = ["key", "level", "rev"] as const;
const maxHop = 1_000;
/** Octets of a seal, of whichever kind its key is. */
const sealBytes = 64;

/** Reads tags one by one and remembers the first that is out of place. */
class TagReader {
  readonly #tags: ReadonlyMap<string, string>;
  failed: string | null = null;

  constructor(tags: ReadonlyMap<string, string>) {
    this.#tags = tags;
  }

  /** The value that `read` makes of a tag; null where the tag is absent. A null of `read` is a failure. */
  optional<T>(name: HopTagName, read: (value: string) => T | null): T | null {
    const raw = this.#tags.get(name);
    const value = raw === undefined ? null : read(withoutWhitespace(raw));
    if (raw !== undefined && value === null) {
      this.failed ??= name;
    }
    return value;
  }

  /** As `optional`, but absence is a failure too; `otherwise` only keeps the types honest then. */
  required<T>(name: HopTagName, read: (value: string) => T | null, otherwise: T): T {
    const value = this.optional(name, read);
    if (value === null) {
      this.failed ??= name;
    }
    return value ?? otherwise;
  }
}

function oneOf<T extends string>(words: readonly T[]): (value: string) => T | null {
  return (value) => words.find((word) => word === value) ?? null;
}

function listOf<T extends string>(read: (value: string) => T | null): (value: string) => readonly T[] | null {
  return (value) => {
    const parts = value.split(",").map((part) => read(part));
    return parts.every((part): part is NonNullable<typeof part> => part !== null) ? parts : null;
  };
}

function keyDigest(value: string): string | null {
  return isBase64Url(value, 32) ? value : null;
}

function fingerprint(value: string): string | null {
  return value.startsWith("sha256:") ? parseText(value.slice("sha256:".length)) : null;
}

function policyOf(value: string): HopSignal["policy"] {
  const parts = cutLast(value, ":");
  const rule = parts === null ? null : parseText(parts[0]);
  const action = parts === null ? null : oneOf(policyActions)(parts[1]);
  return rule === null || action === null ? null : { rule, action };
}

function serverTrustOf(value: string): HopSignal["serverTrust"] {
  const parts = cutLast(value, "/");
  const level = parts === null ? null : parseText(parts[0]);
  const depth = parts === null ? null : parseNumber(parts[1]);
  return level === null || depth === null ? null : { level, depth };
}

function tlsOf(tags: TagReader): HopSignal["tls"] {
  const version = tags.optional("tls", parseText);
  const rest = {
    cipher: tags.optional("cs", parseText),
    bits: tags.optional("bits", parseNumber),
    group: tags.optional("grp", parseText),
    sni: tags.optional("sni", parseText),
  };
  return version === null ? null : { version, ...rest };
}

function clientCertificateOf(tags: TagReader): HopSignal["clientCertificate"] {
  const state = tags.optional("cc", oneOf(clientStates));
  const rest = {
    fingerprint: tags.optional("ccfp", fingerprint),
    keyFingerprint: tags.optional("ccpk", fingerprint),
  };
  return state === null ? null : { state, ...rest };
}

function hopOf(value: string): number | null {
  const hop = parseNumber(value);
  return hop === null || hop < 1 || hop > maxHop ? null : hop;
}

function allMailOf(value: string): boolean | null {
  return value === "all" ? true : value === "some" ? false : null;
}

function signalOf(tags: TagReader): HopSignal {
  return {
    domain: tags.required("s", asciiDomain, ""),
    keyId: tags.required("k", keyDigest, ""),
    algorithm: tags.required("a", oneOf(sealAlgorithms), "ecdsa-p256-sha256"),
    hop: tags.required("hop", hopOf, 1),
    by: tags.required("by", parseText, ""),
    queueId: tags.optional("id", parseText),
    at: tags.required("t", parseNumber, 0),
    ip: tags.optional("ip", parseText),
    rdns: tags.optional("rdns", parseText),
    helo: tags.optional("helo", parseText),
    protocol: tags.optional("with", parseText),
    tls: tlsOf(tags),
    clientCertificate: clientCertificateOf(tags),
    publishes: tags.optional("pub", listOf(parseText)) ?? [],
    policy: tags.optional("pol", policyOf),
    serverTrust: tags.optional("wot", serverTrustOf),
    declaration: tags.optional("ipp", oneOf(declarationResults)),
    purpose: tags.optional("p", parseText),
    trust: tags.optional("tr", oneOf(trustLevels)),
    warnings: tags.optional("warn", listOf(oneOf(warningWords))) ?? [],
    allMail: tags.optional("m", allMailOf),
    action: tags.optional("act", oneOf(policyActions)),
    ref: tags.optional("ref", parseText),
    recipientCommitment: tags.optional("rc", parseText),
    bodyHash: tags.required("bh", keyDigest, ""),
  };
}

function sealOf(value: string): Uint8Array | null {
  const seal = fromBase64(value);
  return seal?.length === sealBytes ? seal : null;
}

function listOfHop(value: string): Result<TagList> {
  const list = readTagList(value);
  if (!list.ok) {
    return perm("hop/syntax", list.detail);
  }
  return list.value.tags.get("v") === "1" ? list : perm("hop/version", "Hop-Signal is not v=1");
}

function outOfPlace(tag: string): Failure {
  return perm("hop/syntax", `tag ${tag} is missing or out of place`);
}

/** Reads a Hop-Signal value (a byte string, folding included). Fails with hop/syntax or hop/version. */
export function parseHopSignal(value: string): Result<ParsedHopSignal> {
  const list = listOfHop(value);
  if (!list.ok) {
    return list;
  }
  const tags = new TagReader(list.value.tags);
  const signal = signalOf(tags);
  const seal = tags.required("b", sealOf, new Uint8Array());
  return tags.failed === null ? ok({ signal, seal, list: list.value }) : outOfPlace(tags.failed);
}

/** Reads what `formatHopSignal` wrote, sealed or not, where it is known to be our own. Fails as `parseHopSignal`. */
export function readHopSignal(value: string): Result<HopSignal> {
  const list = listOfHop(value);
  if (!list.ok) {
    return list;
  }
  const tags = new TagReader(list.value.tags);
  const signal = signalOf(tags);
  return tags.failed === null ? ok(signal) : outOfPlace(tags.failed);
}
