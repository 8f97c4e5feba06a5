// The certificates of one search as a graph: who might have issued whom, by name (RFC 5280 section 6.1.3 (a) (4)), the
// likeliest first (RFC 4158 section 3), and how far it is to a trust anchor at least.
import { equalBytes, stringFromBytes } from "../encoding/bytes.ts";
import type { Certificate } from "./certificate.ts";
import { extensionTypes } from "./extensions.ts";
import type { GeneralName } from "./general-name.ts";
import {
  type ComparisonBudget,
  type PreparedConstraints,
  checkConstraints,
  constrainedNames,
  prepareConstraints,
} from "./name-constraints.ts";
import { isSelfIssued } from "./policies.ts";
import { type Fault, type RuleContext, issuerFault } from "./rules.ts";

/** A certificate that might be on the path, with what holds of it on any path. */
export interface Node {
  readonly certificate: Certificate;
  readonly anchor: boolean;
  /** Its key as a string. */
  readonly spki: string;
  /** Subject and key: what circles are recognised by. */
  readonly identity: string;
  readonly selfIssued: boolean;
  /** Signature checks over it so far, by the issuer's `spki`. */
  readonly signedBy: Map<string, boolean>;
  /** Nothing above it leads to an anchor, whatever the path below. */
  dead: boolean;
  /** Made when first needed. */
  issuers: readonly Node[] | null;
  names: readonly GeneralName[] | null;
  constraints: PreparedConstraints | null;
  /** What its constraints say of certificates below it: a reason, or null where they are allowed. */
  readonly verdicts: Map<Node, string | null>;
}

/** All certificates of one search. */
export class NodeGraph {
  readonly leaf: Node;
  private readonly bySubject = new Map<string, Node[]>();
  /** Of those left out, by subject: why. */
  private readonly faults = new Map<string, { readonly issuerKey: string; readonly fault: Fault }[]>();
  /** By name: how many intermediates at least stand between an issuer of this name and an anchor; 0: it is one. */
  private readonly distances = new Map<string, number>();
  private readonly anchors = new Set<string>();

  constructor(
    leaf: Certificate,
    intermediates: readonly Certificate[],
    anchors: readonly Certificate[],
    context: RuleContext,
  ) {
    this.leaf = createNode(leaf, false);
    for (const anchor of anchors) this.add(anchor, context, true);
    for (const intermediate of intermediates) this.add(intermediate, context, false);
    this.measure();
  }

  private readonly seen = new Set<string>();

  private add(certificate: Certificate, context: RuleContext, anchor: boolean): void {
    const der = stringFromBytes(certificate.der);
    if (this.seen.has(der)) return;
    this.seen.add(der);
    if (anchor) this.anchors.add(der);
    const fault = issuerFault(certificate, context, anchor);
    const { key } = certificate.subject;
    if (fault === null) push(this.bySubject, key, createNode(certificate, anchor));
    else push(this.faults, key, { issuerKey: certificate.issuer.key, fault });
  }

  /** Whether this very certificate stands in the trust store. */
  isAnchored({ certificate }: Node): boolean {
    return this.anchors.has(stringFromBytes(certificate.der));
  }

  /** Breadth first from the anchors down. */
  private measure(): void {
    const issued = new Map<string, Node[]>();
    const level: string[] = [];
    for (const [key, nodes] of this.bySubject)
      for (const node of nodes)
        if (!node.anchor) push(issued, node.certificate.issuer.key, node);
        else if (!this.distances.has(key)) {
          this.distances.set(key, 0);
          level.push(key);
        }
    for (let index = 0; index < level.length; index += 1) {
      const key = level[index] ?? "";
      const distance = (this.distances.get(key) ?? 0) + 1;
      for (const { certificate } of issued.get(key) ?? [])
        if (!this.distances.has(certificate.subject.key)) {
          this.distances.set(certificate.subject.key, distance);
          level.push(certificate.subject.key);
        }
    }
  }

  /** Certificates that must at least follow this one; infinite where no anchor can be reached by names. */
  distanceOf(node: Node): number {
    return node.anchor ? 0 : (this.distances.get(node.certificate.issuer.key) ?? Infinity) + 1;
  }

  /** Who might have issued it: anchors first, matching key identifiers before others, newer before older. */
  issuersOf(node: Node): readonly Node[] {
    node.issuers ??= (this.bySubject.get(node.certificate.issuer.key) ?? [])
      .filter((issuer) => this.distanceOf(issuer) !== Infinity)
      .toSorted((a, b) => rank(a, node) - rank(b, node) || b.certificate.notAfter - a.certificate.notAfter);
    return node.issuers;
  }

  /** The fault nearest to the leaf that keeps a certificate of a fitting name from issuing; null: none does. */
  explain(): Fault | null {
    const names = [this.leaf.certificate.issuer.key];
    const visited = new Set(names);
    for (let index = 0; index < names.length; index += 1) {
      const key = names[index] ?? "";
      const [first] = this.faults.get(key) ?? [];
      if (first !== undefined) return first.fault;
      for (const { certificate } of this.bySubject.get(key) ?? [])
        if (!visited.has(certificate.issuer.key)) {
          visited.add(certificate.issuer.key);
          names.push(certificate.issuer.key);
        }
    }
    return null;
  }
}

function createNode(certificate: Certificate, anchor: boolean): Node {
  const spki = stringFromBytes(certificate.spki);
  const identity = `${certificate.subject.key}|${spki}`;
  const memory = { signedBy: new Map<string, boolean>(), verdicts: new Map<Node, string | null>() };
  const later = { dead: false, issuers: null, names: null, constraints: null };
  return { certificate, anchor, spki, identity, selfIssued: isSelfIssued(certificate), ...memory, ...later };
}

/** 0 for the likeliest. A key identifier that differs proves nothing: issuers compute it in several ways. */
function rank(issuer: Node, child: Node): number {
  const wanted = child.certificate.authorityKeyId;
  const held = issuer.certificate.subjectKeyId;
  const match = wanted === null || held === null ? 2 : equalBytes(wanted, held) ? 0 : 4;
  return match + (issuer.anchor ? 0 : 1);
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

/**
 * Why the issuer's name constraints don't allow a path with these certificates below it; null: they do. Self-issued
 * certificates are free of them unless they are the leaf (section 6.1.3 (b) and (c)).
 */
export function constraintFault(issuer: Node, path: readonly Node[], budget: ComparisonBudget): string | null {
  const { nameConstraints, extensions } = issuer.certificate;
  if (nameConstraints === null) return null;
  const critical = extensions.get(extensionTypes.nameConstraints)?.critical ?? true;
  issuer.constraints ??= prepareConstraints(nameConstraints, critical);
  for (const [index, node] of path.entries()) {
    if (index > 0 && node.selfIssued) continue;
    let verdict = issuer.verdicts.get(node);
    if (verdict === undefined) {
      node.names ??= constrainedNames(node.certificate);
      verdict = checkConstraints(issuer.constraints, node.names, budget);
      issuer.verdicts.set(node, verdict);
    }
    if (verdict !== null) return verdict;
  }
  return null;
}
