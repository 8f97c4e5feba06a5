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

/** The tags of one Hop-Signal in the making. What is not known is left out, never 0 or "". */
class Pairs {
  readonly list: Pair[] = [];

  put(name: HopTagName, value: string): void {
    this.list.push([name, value]);
  }

  text(name: HopTagName, value: string | null): void {
    if (value !== null && value !== "") {
      this.put(name, formatText(value));
    }
  }

  digest(name: HopTagName, value: string | null): void {
    if (value !== null && value !== "") {
      this.put(name, `sha256:${formatText(value)}`);
    }
  }

  number(name: HopTagName, value: number | null): void {
    if (value !== null && Number.isSafeInteger(value) && value >= 0) {
      this.put(name, String(value));
    }
  }

  words(name: HopTagName, values: readonly string[]): void {
    if (values.length > 0) {
      this.put(name, values.map((value) => formatText(value, ",")).join(","));
    }
  }
}

function putConnection(pairs: Pairs, { ip, rdns, helo, protocol, tls, clientCertificate }: HopSignal): void {
  pairs.text("ip", ip);
  pairs.text("rdns", rdns);
  pairs.text("helo", helo);
  pairs.text("with", protocol);
  if (tls !== null) {
    pairs.put("tls", formatText(tls.version));
    pairs.text("cs", tls.cipher);
    pairs.number("bits", tls.bits);
    pairs.text("grp", tls.group);
    pairs.text("sni", tls.sni);
  }
  if (clientCertificate !== null) {
    pairs.put("cc", clientCertificate.state);
    pairs.digest("ccfp", clientCertificate.fingerprint);
    pairs.digest("ccpk", clientCertificate.keyFingerprint);
  }
}

function putJudgement(pairs: Pairs, signal: HopSignal): void {
  const { policy, serverTrust, allMail } = signal;
  pairs.words("pub", signal.publishes);
  if (policy !== null) {
    pairs.put("pol", `${formatText(policy.rule)}:${policy.action}`);
  }
  if (serverTrust !== null) {
    pairs.put("wot", `${formatText(serverTrust.level)}/${serverTrust.depth}`);
  }
  pairs.text("ipp", signal.declaration);
  pairs.text("p", signal.purpose);
  pairs.text("tr", signal.trust);
  pairs.words("warn", signal.warnings);
  if (allMail !== null) {
    pairs.put("m", allMail ? "all" : "some");
  }
  pairs.text("act", signal.action);
  pairs.text("ref", signal.ref);
  pairs.text("rc", signal.recipientCommitment);
}

/** The field's value, folded, with the seal's octets, or with `b` empty for sealing. */
export function formatHopSignal(signal: HopSignal, seal: Uint8Array | null): string {
  const pairs = new Pairs();
  pairs.put("v", "1");
  pairs.put("a", signal.algorithm);
  pairs.put("s", formatText(signal.domain));
  pairs.put("k", formatText(signal.keyId));
  pairs.put("hop", String(signal.hop));
  pairs.put("by", formatText(signal.by));
  pairs.text("id", signal.queueId);
  pairs.put("t", String(signal.at));
  putConnection(pairs, signal);
  putJudgement(pairs, signal);
  pairs.put("bh", formatText(signal.bodyHash));
  pairs.put("b", seal === null ? "" : toBase64(seal));
  return formatTagList(pairs.list, { fold: foldable, nameCharacters: hopSignalField.length + 1 });
}
