// HopSignal → Hop-Signal value. The one writer of this field (style: one writer builds each header and escapes).
import { toBase64 } from "../encoding/base64.ts";
import { formatTagList } from "../header/taglist.ts";
import { formatText, hopSignalField } from "./tags.ts";
import type { HopTagName } from "./tags.ts";
import type { HopSignal } from "./types.ts";

type Pair = readonly [name: HopTagName, value: string];

/** Tags whose values may be long, as others chose them: left in one piece a MTA would break them, or a name beside them. */
const foldable: readonly HopTagName[] = [
  "s",
  "by",
  "id",
  "rdns",
  "helo",
  "tls",
  "cs",
  "grp",
  "sni",
  "ccfp",
  "ccpk",
  "pub",
  "pol",
  "wot",
  "ref",
  "b",
];

/** What is not known is left out, never 0 or "". */
function optional(name: HopTagName, value: string | null, write: (text: string) => string = formatText): Pair[] {
  return value === null || value === "" ? [] : [[name, write(value)]];
}

function number(name: HopTagName, value: number | null): Pair[] {
  return value === null || !Number.isSafeInteger(value) || value < 0 ? [] : [[name, String(value)]];
}

function words(name: HopTagName, values: readonly string[]): Pair[] {
  return values.length === 0 ? [] : [[name, values.map((value) => formatText(value, ",")).join(",")]];
}

function tlsPairs(tls: HopSignal["tls"]): Pair[] {
  return tls === null
    ? []
    : [
        ["tls", formatText(tls.version)],
        ...optional("cs", tls.cipher),
        ...number("bits", tls.bits),
        ...optional("grp", tls.group),
        ...optional("sni", tls.sni),
      ];
}

function certificatePairs(certificate: HopSignal["clientCertificate"]): Pair[] {
  return certificate === null
    ? []
    : [
        ["cc", certificate.state],
        ...optional("ccfp", certificate.fingerprint, (digest) => `sha256:${formatText(digest)}`),
        ...optional("ccpk", certificate.keyFingerprint, (digest) => `sha256:${formatText(digest)}`),
      ];
}

function judgementPairs(signal: HopSignal): Pair[] {
  const { policy, serverTrust } = signal;
  return [
    ...words("pub", signal.publishes),
    ...(policy === null ? [] : ([["pol", `${formatText(policy.rule)}:${policy.action}`]] as const)),
    ...(serverTrust === null ? [] : ([["wot", `${formatText(serverTrust.level)}/${serverTrust.depth}`]] as const)),
    ...optional("ipp", signal.declaration),
    ...optional("p", signal.purpose),
    ...optional("tr", signal.trust),
    ...words("warn", signal.warnings),
    ...(signal.allMail === null ? [] : ([["m", signal.allMail ? "all" : "some"]] as const)),
    ...optional("act", signal.action),
    ...optional("ref", signal.ref),
    ...optional("rc", signal.recipientCommitment),
  ];
}

/** The field's value, folded, with the seal's octets, or with `b` empty for sealing. */
export function formatHopSignal(signal: HopSignal, seal: Uint8Array | null): string {
  const pairs: Pair[] = [
    ["v", "1"],
    ["a", signal.algorithm],
    ["s", formatText(signal.domain)],
    ["k", formatText(signal.keyId)],
    ["hop", String(signal.hop)],
    ["by", formatText(signal.by)],
    ...optional("id", signal.queueId),
    ["t", String(signal.at)],
    ...optional("ip", signal.ip),
    ...optional("rdns", signal.rdns),
    ...optional("helo", signal.helo),
    ...optional("with", signal.protocol),
    ...tlsPairs(signal.tls),
    ...certificatePairs(signal.clientCertificate),
    ...judgementPairs(signal),
    ["bh", formatText(signal.bodyHash)],
    ["b", seal === null ? "" : toBase64(seal)],
  ];
  return formatTagList(pairs, { fold: foldable, nameCharacters: hopSignalField.length + 1 });
}
