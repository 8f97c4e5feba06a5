// doctor: are the CRLs at hand that mail needs? While one is missing, all mail under its CA reads not proven (protocol
// section 2.1). Each is asked for once here, so that the finding says what stands in the way.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { limits } from "../../../shared/limits.ts";
import type { Failure } from "../../../shared/result.ts";
import { createLog } from "../../log/log.ts";
import type { OverdueList } from "../../store/revocation-lists.ts";
import { openStoreBeside } from "../../store/store.ts";
import { unusedSeconds } from "../../trust/revocation.ts";
import { dayOf } from "../clock.ts";
import { bad, careful, good, lookUpRemedy, type Finding, type Patient } from "./finding.ts";

/** CRLs that are asked for here: each may take half a minute. */
const asked = 5;

/** What the check looks at. */
type Subject = Pick<Patient, "ask" | "now"> & { readonly setup: { readonly config: { readonly state: string } } };

async function overdueList({ ask }: Subject, list: OverdueList): Promise<Finding> {
  const [url = ""] = list.urls;
  const since = list.since === null ? "was never had" : `is past its nextUpdate since ${dayOf(list.since)}`;
  const what = `CRL ${url} ${since}: mail under its CA reads not proven`;
  const maxBytes = limits.crlFetchBytes;
  const answer = await ask({ url, method: "GET", plainToo: true, maxBytes, timeoutMs: limits.crlFetchMs });
  if (!answer.ok && answer.code.startsWith("dns/")) return careful(what, lookUpRemedy("A", new URL(url).hostname));
  if (!answer.ok) {
    const remedy = `it can't be had (${answer.code}: ${answer.detail}): let this machine reach it, http on port 80 too`;
    return careful(what, `${remedy}, or take the CA out of trust.ca`);
  }
  const { status } = answer.value;
  if (status !== 200) return careful(what, `its server answers ${status}: ask the CA, or take it out of trust.ca`);
  const next = "its server answers, and the bridge asks again within 15 minutes; if it stays so";
  return careful(what, `${next}: journalctl -u waybill | grep CRL says why the list does not count`);
}

/** A database that this version can't open: the bridge doesn't start on it, and mail waits. */
function unreadable({ kind, code, detail }: Failure): Finding {
  if (code === "store/locked") return careful(detail, "run doctor again");
  if (kind === "temp")
    return bad(detail, "see that the disk has room and that this user may write there; run doctor again");
  // What to do about another version's stands in its words.
  if (code === "store/newer" || code === "store/older") return bad(detail, "until then mail waits");
  const remedy =
    "systemctl stop waybill, move waybill.db* away, bring a copy back (without one: connect mailboxes anew)";
  return bad(detail, `${remedy}, systemctl start waybill; if it stays so: journalctl -u waybill -n 50`);
}

/** CRLs of CAs of the trust store one by one; of those that domains name themselves, which anybody can have, the number. */
export async function checkRevocation(subject: Subject): Promise<readonly Finding[]> {
  const { setup, now } = subject;
  const path = join(setup.config.state, "waybill.db");
  if (!existsSync(path)) return [];
  const store = await openStoreBeside(path, createLog("error"));
  if (!store.ok) return [unreadable(store)];
  const all = await store.value.revocationLists.overdue(now, now - unusedSeconds);
  await store.value.close();
  const trusted = all.filter(({ own }) => !own);
  const findings: Finding[] = [];
  for (const list of trusted.slice(0, asked)) findings.push(await overdueList(subject, list));
  const [more, others] = [trusted.length - findings.length, all.length - trusted.length];
  if (more > 0) findings.push(careful(`${more} more CRLs of trusted CAs are overdue`, "as above"));
  if (findings.length === 0) findings.push(good("no CRL of a trusted CA is overdue"));
  if (others > 0)
    findings.push(good(`${others} CRLs of CAs that only domains' records name are overdue: theirs to mend`));
  return findings;
}
