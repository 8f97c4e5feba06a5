// One CRL from where its certificates say it is: the first that its issuer has signed, that is in time, and no older than
// the one at hand. RFC 5280 section 6.3.3, without delta and indirect CRLs.
import { limits } from "../../shared/limits.ts";
import { ok, perm, temp, type Result } from "../../shared/result.ts";
import { parseCertificate, type Certificate } from "../../shared/x509/certificate.ts";
import { parseCertificateList, type CertificateList } from "../../shared/x509/crl.ts";
import { verifySignature } from "../../shared/x509/signature.ts";
import type { Budget } from "../fetch/budget.ts";
import type { HttpsAsk } from "../fetch/https.ts";
import type { Clock } from "../pipeline/ports.ts";
import type { KeptList } from "./list-memory.ts";

/** What asking for lists takes. */
export interface ListFetching {
  readonly ask: HttpsAsk;
  readonly budget: Budget;
  readonly clock: Clock;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
}

/** The path above the certificate that named the list, its issuer first. */
export function parsedIssuers({ issuers }: KeptList): readonly Certificate[] {
  return issuers.flatMap((der) => {
    const certificate = parseCertificate(der);
    return certificate.ok ? [certificate.value] : [];
  });
}

/** Whether the list may stand for its issuer now. RFC 5280 section 6.3.3 (f), (g). */
async function checkList(list: CertificateList, issuers: readonly Certificate[], now: number): Promise<Result<void>> {
  const [issuer] = issuers;
  if (issuer === undefined || list.issuer.key !== issuer.subject.key)
    return perm("x509/crl-issuer", "another issuer's list");
  if (list.unknownCritical.length > 0) return perm("x509/crl-extension", "a critical extension that is not known");
  if (list.thisUpdate > now + limits.skewSeconds) return temp("x509/crl-not-yet-valid", "from the future");
  if (list.nextUpdate !== null && list.nextUpdate < now) return temp("x509/crl-expired", "out of date");
  for (const { subject, keyUsage, spki, keyType } of issuers) {
    const may = subject.key === list.issuer.key && keyUsage?.includes("cRLSign") !== false;
    if (may && (await verifySignature({ spki, keyType }, list))) return ok(undefined);
  }
  return perm("x509/crl-signature", "not signed by the issuer, or it may not sign lists");
}

/** A place's list, at its first URL that has a better one than before. Failures of x509 and of fetch. */
type FetchList = (kept: KeptList, before: CertificateList | null) => Promise<Result<CertificateList>>;

/** Asks for lists. */
export function listFetcher({ ask, budget, clock, signal }: ListFetching): FetchList {
  async function download(url: string, { own, domain, list }: KeptList): Promise<Result<Uint8Array>> {
    if (!URL.canParse(url)) return perm("fetch/url", "not a URL");
    // CAs of the trust store have a purse of their own: strangers can't empty it.
    const host = `${own ? "own" : "store"} ${new URL(url).hostname}`;
    if (!budget.take({ host, domain, known: list !== null }))
      return temp("fetch/budget", `too many requests to ${host}`);
    const maxBytes = own ? limits.ownCrlFetchBytes : limits.crlFetchBytes;
    const answer = await ask({
      url,
      method: "GET",
      plainToo: true,
      maxBytes,
      timeoutMs: limits.crlFetchMs,
      known: list !== null,
      signal,
    });
    if (!answer.ok) return answer;
    const { status, body } = answer.value;
    return status === 200 ? ok(body) : temp("fetch/status", `answered ${status}`);
  }

  return async (kept, before) => {
    const issuers = parsedIssuers(kept);
    let why: Result<never> = perm("x509/crl-missing", "no URL that can be asked");
    for (const url of kept.urls) {
      if (signal.aborted) break;
      const body = await download(url, kept);
      const list = body.ok ? parseCertificateList(body.value) : body;
      const checked = list.ok ? await checkList(list.value, issuers, clock.now()) : list;
      if (!checked.ok) why = checked;
      else if (list.ok && (before === null || list.value.thisUpdate >= before.thisUpdate)) return list;
      else why = temp("x509/crl-old", "older than the one at hand");
    }
    return why;
  };
}
