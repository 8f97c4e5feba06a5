// The search for a path: depth first from the leaf, likeliest issuers first, never the same name and key twice.
// Bounded by depth, by signature checks (each asked once per certificate and key), by steps, and by comparisons of names;
// candidates from which no anchor can be reached by names, and dead ends found once, cost nothing again.
import { toHex } from "../encoding/hex.ts";
import { limits } from "../limits.ts";
import type { Certificate } from "./certificate.ts";
import type { CertificateList } from "./crl.ts";
import { type Node, NodeGraph, constraintFault } from "./graph.ts";
import { checkPolicies } from "./policies.ts";
import { type RevocationStatus, checkRevocation } from "./revocation.ts";
import type { Fault, RuleContext } from "./rules.ts";
import { type SignatureVerifier, signatureScheme, verifySignature } from "./signature.ts";

/** What the search works on, all parsed. */
export interface SearchInput {
  readonly leaf: Certificate;
  readonly intermediates: readonly Certificate[];
  readonly anchors: readonly Certificate[];
  readonly context: RuleContext;
  readonly maxDepth: number;
  /** null: none given, nothing asked. */
  readonly lists: readonly CertificateList[] | null;
  readonly revocation: "none" | "leaf" | "chain";
  /** Unix seconds: when the lists are judged. */
  readonly revocationAt: number;
  readonly maxAgeSeconds: number | null;
  readonly verifier: SignatureVerifier;
}

/** The path found, leaf first and anchor last. */
export interface FoundPath {
  readonly path: readonly Certificate[];
  readonly revocation: readonly RevocationStatus[];
}

/** What lies above one certificate: a path that holds, or none; `final`: none whatever stands below. */
type Outcome = { readonly found: FoundPath } | { readonly found: null; readonly final: boolean };

/** One search, from run() to its answer. */
export class PathSearch {
  private readonly input: SearchInput;
  private readonly graph: NodeGraph;
  private readonly maxLength: number;
  private readonly budget = { comparisons: limits.nameComparisons };
  private readonly listSignatures = new Map<CertificateList, Map<string, boolean>>();
  private signatures = 0;
  private steps = 0;
  /** A check was left out because its budget was used up. */
  private exhausted = false;
  /** The most telling failure so far: a revoked leaf, or else of the longest path the first of those. */
  private noted: { readonly fault: Fault; readonly length: number } | null = null;

  constructor(input: SearchInput) {
    this.input = input;
    this.maxLength = Math.max(limits.chainCertificates, input.maxDepth + 2);
    this.graph = new NodeGraph(input.leaf, input.intermediates, input.anchors, input.context);
  }

  /** The first path that holds, or why there is none. */
  async run(): Promise<FoundPath | Fault> {
    const { leaf } = this.graph;
    // Section 6.1.1 (d) takes a trust anchor as given: a leaf that stands in the trust store needs no issuer.
    if (this.graph.isAnchored(leaf)) return { path: [leaf.certificate], revocation: [] };
    const { found } = await this.climb([leaf], leaf);
    if (found !== null) return found;
    if (this.exhausted) return { code: "x509/budget", detail: "too many certificates to try" };
    const noted = this.noted?.fault ?? null;
    // A certificate of the right name under another key explains less than a rule broken by the right one.
    const fault = noted === null || noted.code === "x509/signature" ? this.graph.explain() : null;
    const subject = leaf.certificate.subject.text.slice(0, 200);
    return fault ?? noted ?? { code: "x509/no-path", detail: `no path from ${subject} to a trust anchor` };
  }

  private note(path: readonly Node[], fault: Fault): void {
    const length = fault.code === "x509/revoked" ? Infinity : path.length;
    if (this.noted === null || length > this.noted.length) this.noted = { fault, length };
  }

  /** Tries every issuer of `child`, the last of `path`. */
  private async climb(path: readonly Node[], child: Node): Promise<Outcome> {
    let final = true;
    for (const issuer of this.graph.issuersOf(child)) {
      if (issuer.dead || child.signedBy.get(issuer.spki) === false) continue;
      this.steps += 1;
      if (this.steps > limits.pathSteps) this.exhausted = true;
      if (this.exhausted) return { found: null, final: false };
      const fault = this.misplaced(path, issuer);
      if (fault !== null) {
        final = false;
        this.note(path, fault);
      } else if (await this.isSignedBy(child, issuer)) {
        const next = [...path, issuer];
        const outcome = issuer.anchor ? await this.complete(next) : await this.climb(next, issuer);
        if (outcome.found !== null) return outcome;
        final &&= outcome.final;
      } else this.note(path, { code: "x509/signature", detail: `not signed by ${issuer.certificate.subject.text}` });
    }
    child.dead = final && !this.exhausted;
    return { found: null, final: child.dead };
  }

  /** The rules that depend on what is below the issuer. Sections 6.1.3 (b) and (c), 6.1.4 (g), (l) and (m). */
  private misplaced(path: readonly Node[], issuer: Node): Fault | null {
    if (path.some(({ identity }) => identity === issuer.identity))
      return { code: "x509/no-path", detail: "issuers in a circle" };
    const counted = path.slice(1).filter(({ selfIssued }) => !selfIssued).length;
    const { pathLength } = issuer.certificate.basicConstraints ?? { pathLength: 0 };
    if (pathLength !== null && counted > pathLength)
      return { code: "x509/path-length", detail: `${issuer.certificate.subject.text} allows ${pathLength} below it` };
    const depth = counted + (issuer.anchor || issuer.selfIssued ? 0 : 1);
    const shortest = path.length + 1 + this.graph.distanceOf(issuer);
    if (depth > this.input.maxDepth || shortest > this.maxLength)
      return { code: "x509/depth", detail: `more than ${this.input.maxDepth} intermediates` };
    const reason = constraintFault(issuer, path, this.budget);
    if (this.budget.comparisons < 0) this.exhausted = true;
    return reason === null
      ? null
      : { code: "x509/name-constraints", detail: `${reason}, by ${issuer.certificate.subject.text}` };
  }

  /** Section 6.1.3 (a) (1). Asked once for each certificate and key, and only where they go together at all. */
  private async isSignedBy(child: Node, issuer: Node): Promise<boolean> {
    const known = child.signedBy.get(issuer.spki);
    if (known !== undefined) return known;
    const fits = signatureScheme(child.certificate.signatureAlgorithm, issuer.certificate.keyType) !== null;
    const signed = fits && (await this.spend(issuer.certificate, child.certificate));
    if (signed !== null) child.signedBy.set(issuer.spki, signed);
    return signed ?? false;
  }

  /** One signature check of the budget; null: none left. */
  private async spend(issuer: Certificate, signed: Certificate | CertificateList): Promise<boolean | null> {
    this.signatures += 1;
    if (this.signatures > limits.pathSignatures) this.exhausted = true;
    return this.exhausted ? null : verifySignature(issuer, signed, this.input.verifier);
  }

  /** What can be said of whole paths only: policies, and revocation. */
  private async complete(nodes: readonly Node[]): Promise<Outcome> {
    const path = nodes.map(({ certificate }) => certificate);
    const policy = checkPolicies(path.slice(0, -1));
    const revocation: RevocationStatus[] = [];
    let fault: Fault | null = policy === null ? null : { code: "x509/policy", detail: policy };
    if (this.input.lists !== null && fault === null)
      for (const index of path.slice(0, -1).keys()) {
        const status = await this.revocationOf(path, index, this.input.lists);
        revocation.push(status);
        fault ??= this.revocationFault(status, index);
      }
    if (fault === null) return { found: { path, revocation } };
    this.note(nodes, fault);
    return { found: null, final: false };
  }

  private async revocationOf(
    path: readonly Certificate[],
    index: number,
    lists: readonly CertificateList[],
  ): Promise<RevocationStatus> {
    const [certificate, ...issuers] = path.slice(index);
    if (certificate === undefined) return { state: "unknown", code: "x509/crl-missing" };
    const { maxAgeSeconds, revocationAt: at } = this.input;
    const verify = (issuer: Certificate, list: CertificateList): Promise<boolean> => this.isListSignedBy(list, issuer);
    return checkRevocation({ certificate, issuers, lists, at, maxAgeSeconds, verify });
  }

  private async isListSignedBy(list: CertificateList, issuer: Certificate): Promise<boolean> {
    const known = this.listSignatures.get(list) ?? new Map<string, boolean>();
    this.listSignatures.set(list, known);
    const key = toHex(issuer.spki);
    const signed = known.get(key) ?? (await this.spend(issuer, list));
    if (signed !== null) known.set(key, signed);
    return signed ?? false;
  }

  private revocationFault(status: RevocationStatus, index: number): Fault | null {
    const who = index === 0 ? "the leaf" : `CA ${index}`;
    if (status.state === "good") return null;
    if (status.state === "revoked")
      return { code: index === 0 ? "x509/revoked" : "x509/ca-revoked", detail: `${who}: ${status.reason}` };
    const { revocation } = this.input;
    const silent = status.code === "x509/crl-missing" || status.code === "x509/crl-scope";
    const needed = revocation === "chain" || (revocation === "leaf" && (index === 0 || !silent));
    return needed ? { code: status.code, detail: `nothing known of ${who}` } : null;
  }
}
