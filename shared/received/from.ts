// The `from` clause of a Received field in the wordings that are about:
//   Postfix, Gmail  from HELO (rdns [192.0.2.1])            Exchange  from HELO (192.0.2.1)
//   Sendmail        from HELO (IDENT:user@rdns [192.0.2.1] (may be forged))
//   Exim            from rdns ([192.0.2.1] helo=HELO)       qmail     from rdns (HELO helo) (user@192.0.2.1)
import type { Clauses } from "./clauses.ts";
import { parseIpAddress } from "./ip.ts";
import type { ReceivedFrom } from "./types.ts";

/** What one comment behind "from" tells. */
interface Peer {
  readonly helo: string | null;
  readonly rdns: string | null;
  readonly ip: string | null;
}

const pieces = /\[[^\][]*\]|[^\s,()<>[\]]+/g;
/** More than any server writes; what is behind is not looked at. */
const maxPieces = 32;

function hostName(text: string | undefined): string | null {
  if (text === undefined || text.length > 255 || !/^[\w.-]+$/.test(text)) return null;
  return /[a-z]/i.test(text) && (text.includes(".") || text === "localhost") ? text : null;
}

/** The piece behind HELO or EHLO, or in "helo=…"; null when none or empty. */
function heloOf(words: readonly string[]): string | null {
  const at = words.findIndex((word) => /^(?:helo|ehlo)(?:=|$)/i.test(word));
  if (at === -1) return null;
  const written = words[at]?.split("=", 2)[1] ?? "";
  const helo = written === "" ? words[at + 1] : written;
  return helo === undefined ? null : (parseIpAddress(helo) ?? helo);
}

/** The address, bracketed ones first; "user@192.0.2.1" is qmail's. */
function ipOf(words: readonly string[]): string | null {
  const bracketed = words.filter((word) => word.startsWith("["));
  for (const word of [...bracketed, ...words]) {
    const ip = parseIpAddress(word.slice(word.lastIndexOf("@") + 1));
    if (ip !== null) return ip;
  }
  return null;
}

function readPeer(comment: string): Peer {
  const words = (comment.match(pieces) ?? []).slice(0, maxPieces);
  const helo = heloOf(words);
  const first = words[0]?.replace(/^ident:/i, "") ?? "";
  const named = first.slice(first.lastIndexOf("@") + 1);
  return { helo, rdns: parseIpAddress(named) === null ? hostName(named) : null, ip: ipOf(words) };
}

function tellsPeer({ helo, rdns, ip }: Peer): boolean {
  return helo !== null || rdns !== null || ip !== null;
}

/** Sendmail's local submissions: "(from user@localhost) by …". */
function readLead(clauses: Clauses): ReceivedFrom | null {
  const submitted = /^from[ \t]+(\S+)/i.exec(clauses.lead.comments[0] ?? "")?.[1];
  return submitted === undefined ? null : { name: submitted, helo: null, rdns: null, ip: null };
}

/** Reads the clause; `otherComments` are those that tell nothing of the client, where servers write of TLS. */
export function readFrom(clauses: Clauses): { from: ReceivedFrom | null; otherComments: readonly string[] } {
  const clause = clauses.byName.get("from");
  if (clause === undefined) return { from: readLead(clauses), otherComments: [] };
  const [first, second] = clause.words;
  const name = first === undefined ? null : (parseIpAddress(first) ?? first);
  const read = clause.comments.map((comment) => ({ comment, peer: readPeer(comment) }));
  const peers = read.map(({ peer }) => peer).filter(tellsPeer);
  const claimed = /^"([^"]*)"$/.exec(clause.words.find((word) => word.startsWith('"')) ?? "")?.[1];
  const helo = peers.find((peer) => peer.helo !== null)?.helo ?? claimed ?? null;
  const nameIsIp = first !== undefined && parseIpAddress(first) !== null;
  const ip =
    peers.find((peer) => peer.ip !== null)?.ip ??
    (second?.startsWith("[") === true ? parseIpAddress(second) : null) ??
    (nameIsIp ? name : null);
  const rdns =
    peers.find((peer) => peer.rdns !== null)?.rdns ?? (helo === null ? null : hostName(nameIsIp ? "" : (name ?? "")));
  return {
    from: { name, helo: helo ?? (peers.some((peer) => peer.ip !== null) ? name : null), rdns, ip },
    otherComments: read.filter(({ peer }) => !tellsPeer(peer)).map(({ comment }) => comment),
  };
}
