// Random chains for the differential tests: a sound chain, a few things done to it, and company that may mislead.
import * as der from "./der-writer.ts";
import {
  type Issued,
  type KeyKind,
  type Specification,
  type TestExtension,
  type TestKey,
  type TestName,
  general,
  issue,
  now,
  testKey,
} from "./issue.ts";

/** One question for several validators. */
export interface Scenario {
  readonly id: number;
  readonly leaf: Issued;
  readonly intermediates: readonly Issued[];
  readonly anchors: readonly Issued[];
  /** What was done to it, for explanations. */
  readonly features: ReadonlySet<string>;
}

/** A seeded source of numbers (mulberry32): a failure can be repeated. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed;
  }

  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(items: readonly [T, ...T[]]): T {
    return items[this.below(items.length)] ?? items[0];
  }
}

type Change = { -readonly [Key in keyof Specification]?: Specification[Key] };

interface Draft {
  readonly id: number;
  readonly random: Random;
  readonly root: Change;
  readonly cas: Change[];
  readonly leaf: Change;
  readonly features: Set<string>;
}

const serverAuth = "1.3.6.1.5.5.7.3.1";
const emailProtection = "1.3.6.1.5.5.7.3.4";
const anyUse = "2.5.29.37.0";

/** The address every leaf is asked for. */
export const address = "alice@example.org";

const names = {
  email: ["alice@example.org", "alice@sub.example.org", "bob@example.org", "alice@example.com"],
  dns: ["example.org", "mx.example.org", "example.com"],
  uri: ["https://www.example.org/", "https://example.com:8443/a", "ldap://example.org"],
  ip: [
    [192, 0, 2, 1],
    [198, 51, 100, 1],
    [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
  ],
  directory: [[["O", "Example"]], [["O", "Other"]]] as readonly TestName[],
} as const;

type Form = "email" | "dns" | "uri" | "ip" | "directory" | "other";

function randomName(random: Random): Uint8Array {
  switch (random.pick<Form>(["email", "email", "dns", "uri", "ip", "directory", "other"])) {
    case "email":
      return general.email(random.pick(names.email));
    case "dns":
      return general.dns(random.pick(names.dns));
    case "uri":
      return general.uri(random.pick(names.uri));
    case "ip":
      return general.ip(...random.pick<readonly number[]>(names.ip));
    case "directory":
      return general.directory([
        ["O", "Example"],
        ["CN", "x"],
      ]);
    case "other":
      return general.other("1.2.3.4");
  }
}

function randomConstraint(random: Random): Uint8Array {
  switch (random.pick<Form>(["email", "email", "email", "dns", "uri", "ip", "directory", "other"])) {
    case "email":
      return general.email(
        random.pick(["example.org", ".example.org", "example.com", "alice@example.org", "bob@example.org"]),
      );
    case "dns":
      return general.dns(random.pick(["example.org", "mx.example.org", "org", ""]));
    case "uri":
      return general.uri(random.pick(["www.example.org", ".example.org", "example.com"]));
    case "ip":
      return general.ip(
        ...random.pick([
          [192, 0, 2, 0, 255, 255, 255, 0],
          [0, 0, 0, 0, 0, 0, 0, 0],
        ]),
      );
    case "directory":
      return general.directory(random.pick([[["O", "Example"]], [["O", "EXAMPLE "]], [["O", "Other"]]]));
    case "other":
      return general.other("1.2.3.4");
  }
}

/** Things to do to a draft; each names itself as a feature. */
const changes: Readonly<Record<string, (draft: Draft, any: Change, ca: Change) => void>> = {
  "leaf-expired": ({ leaf }) => void (leaf.notAfter = now - 1),
  "leaf-future": ({ leaf }) => void (leaf.notBefore = now + 1),
  "ca-expired": (_draft, _any, ca) => void (ca.notAfter = now - 1),
  "root-expired": ({ root }) => void (root.notAfter = now - 1),
  "ca-no-constraints": (_draft, _any, ca) => void (ca.ca = null),
  "ca-false": (_draft, _any, ca) => void (ca.ca = false),
  "path-length": ({ random }, _any, ca) => void (ca.pathLength = random.below(3)),
  "ca-no-cert-sign": (_draft, _any, ca) => void (ca.keyUsage = ["digitalSignature"]),
  "ca-no-key-usage": (_draft, _any, ca) => void (ca.keyUsage = null),
  "leaf-encrypts": ({ leaf }) => void (leaf.keyUsage = ["keyEncipherment"]),
  "leaf-no-key-usage": ({ leaf }) => void (leaf.keyUsage = null),
  "leaf-non-repudiation": ({ leaf }) => void (leaf.keyUsage = ["nonRepudiation"]),
  "leaf-cert-sign": ({ leaf }) => void (leaf.keyUsage = ["digitalSignature", "keyCertSign"]),
  "leaf-is-ca": ({ leaf }) => {
    leaf.ca = true;
    leaf.keyUsage = ["digitalSignature", "keyCertSign"];
  },
  "eku-server": (_draft, any) => void (any.extendedKeyUsage = [serverAuth]),
  "eku-mail": (_draft, any) => void (any.extendedKeyUsage = [serverAuth, emailProtection]),
  "eku-any": (_draft, any) => void (any.extendedKeyUsage = [anyUse]),
  permitted: ({ random }, _any, ca) =>
    void (ca.permitted = [randomConstraint(random), ...(random.chance(40) ? [randomConstraint(random)] : [])]),
  excluded: ({ random }, _any, ca) => void (ca.excluded = [randomConstraint(random)]),
  "more-names": ({ random, leaf }) =>
    void (leaf.names = [...(leaf.names ?? []), randomName(random), randomName(random)]),
  "other-address": ({ random, leaf }) => void (leaf.names = [general.email(random.pick(names.email))]),
  "subject-email": ({ random, leaf }) =>
    void (leaf.subject = [
      ["O", "Example"],
      ["email", random.pick(names.email)],
    ]),
  "smtp-utf8": ({ leaf }) => void (leaf.names = [...(leaf.names ?? []), general.smtpUtf8("älice@example.com")]),
  "unknown-critical": (_draft, any) => extend(any, { type: "1.2.3.4.5", critical: true, value: der.value(0x05) }),
  "wrong-signer": (_draft, any) => void (any.signer = testKey("p256", 99)),
  "wrong-key-id": (_draft, any) => void (any.authorityKeyId = Uint8Array.of(1, 2, 3)),
  "no-authority-key-id": (_draft, any) => void (any.authorityKeyId = null),
  "no-subject-key-id": (_draft, _any, ca) => void (ca.subjectKeyId = null),
  "serial-zero": (_draft, any) => void (any.serial = Uint8Array.of(0)),
  "serial-negative": (_draft, any) => void (any.serial = Uint8Array.of(0x81)),
  "serial-long": (_draft, any) => void (any.serial = new Uint8Array(22).fill(7)),
  "weak-key": (_draft, any) => void (any.key = testKey("rsa1024")),
  "self-issued": (draft) => {
    const index = draft.random.below(Math.max(draft.cas.length - 1, 1));
    const [above, below] = draft.cas.slice(index, index + 2);
    if (below !== undefined && above?.subject !== undefined) below.subject = above.subject;
  },
  policies: ({ random, cas, leaf }) => {
    for (const change of [...cas, leaf]) {
      const own = random.pick([["1.2.3.1"], ["1.2.3.2"], ["1.2.3.1", "1.2.3.2"], ["2.5.29.32.0"], null]);
      if (own !== null) extend(change, policyExtension(own));
    }
  },
  "require-policy": ({ random }, _any, ca) =>
    extend(ca, {
      type: "2.5.29.36",
      critical: true,
      value: der.sequence(der.implicit(0, Uint8Array.of(random.below(3)))),
    }),
  "inhibit-any": ({ random }, _any, ca) =>
    extend(ca, { type: "2.5.29.54", critical: true, value: der.integer(random.below(2)) }),
  "map-policy": (_draft, _any, ca) =>
    extend(ca, {
      type: "2.5.29.33",
      critical: true,
      value: der.sequence(der.sequence(der.oid("1.2.3.1"), der.oid("1.2.3.2"))),
    }),
};

function extend(change: Change, extension: TestExtension): void {
  change.extensions = [...(change.extensions ?? []).filter(({ type }) => type !== extension.type), extension];
}

function policyExtension(policies: readonly string[]): { type: string; value: Uint8Array } {
  return { type: "2.5.29.32", value: der.sequence(...policies.map((policy) => der.sequence(der.oid(policy)))) };
}

/** Makes a scenario; the same id and seed make the same one but for its keys. */
export function scenario(
  id: number,
  random: Random,
  kinds: readonly [KeyKind, ...KeyKind[]] = ["p256", "p256", "p256", "ed25519", "p384", "rsa"],
): Scenario {
  const features = new Set<string>();
  const used = new Set<TestKey>();
  const count = random.pick([0, 1, 1, 1, 2, 2, 3, 4, 5, 6]);
  const draft: Draft = {
    id,
    random,
    root: { subject: [["CN", `Root ${id}`]], key: key(random, kinds, used), ca: true },
    cas: Array.from({ length: count }, (_, index) => ({
      subject: [["CN", `CA ${id} ${index}`]],
      key: key(random, kinds, used),
      ca: true,
    })),
    leaf: {
      subject: [
        ["O", "Example"],
        ["CN", `Leaf ${id}`],
      ],
      key: key(random, kinds, used),
      names: [general.email(address)],
    },
    features,
  };
  const all = Object.entries(changes);
  for (let round = random.pick([0, 1, 1, 1, 2, 2, 3]); round > 0; round -= 1) {
    const entry = all[random.below(all.length)];
    if (entry === undefined) continue;
    const [name, change] = entry;
    const issuers = [draft.root, ...draft.cas];
    const ca = issuers[random.below(issuers.length)] ?? draft.root;
    change(draft, random.chance(50) ? draft.leaf : ca, ca);
    features.add(name);
  }
  return build(draft);
}

/** A key of the pool that this chain doesn't have yet. */
function key(random: Random, kinds: readonly [KeyKind, ...KeyKind[]], used: Set<TestKey>): TestKey {
  for (;;) {
    const kind = random.pick(kinds);
    const chosen = testKey(kind, random.below(kind === "rsa" ? 4 : 60));
    if (used.has(chosen)) continue;
    used.add(chosen);
    return chosen;
  }
}

function make(change: Change, issuer: Issued | null): Issued {
  return issue({ subject: [["CN", "?"]], key: testKey("p256"), ...change, issuer });
}

/** The other CA, and what it says of the first one's key. */
function crossSigned(change: Change, other: Issued): Issued[] {
  const { subject = [["CN", "?"]], key = testKey("p256") } = change;
  return [other, make({ subject, key, ca: true }, other)];
}

function build(draft: Draft): Scenario {
  const { random, features, id } = draft;
  const root = make(draft.root, null);
  const path = [root];
  for (const change of draft.cas) path.push(make(change, path.at(-1) ?? root));
  const leaf = make(draft.leaf, path.at(-1) ?? root);
  const company: Issued[] = [];
  const target = random.below(Math.max(draft.cas.length, 1));
  const change = draft.cas[target];
  const above = path[target];
  if (change !== undefined && above !== undefined && random.chance(35)) {
    const later = now + 3 * 365 * 86_400;
    const twin = { subject: [["CN", "?"]] as TestName, key: testKey("p256"), ...change };
    const others: readonly (readonly [name: string, make: () => Issued[]])[] = [
      ["expired-twin", () => [make({ ...change, notAfter: now - 1 }, above)]],
      [
        "constrained-twin",
        () => [make({ ...change, notAfter: later, excluded: [general.email("example.org")] }, above)],
      ],
      // A sound certificate of the same CA: heals whatever was done to the one in the path.
      ["twin", () => [make({ subject: twin.subject, key: twin.key, ca: true }, above)]],
      ["other-key", () => [make({ ...change, key: testKey("p256", 70) }, above)]],
      ["circle", () => [make({ subject: above.subject, key: above.key, ca: true }, path.at(-1) ?? root)]],
      // The CA's key under another root that nobody trusts, and that root under the trusted one, as bridges of CAs do.
      [
        "cross-signed",
        () => crossSigned(change, make({ subject: [["CN", `Other ${id}`]], key: testKey("p256", 72), ca: true }, null)),
      ],
      [
        "cross-signed-down",
        () => crossSigned(change, make({ subject: [["CN", `Other ${id}`]], key: testKey("p256", 72), ca: true }, root)),
      ],
      ["copies", () => Array.from({ length: 5 }, () => make({ ...change, signer: testKey("p256", 71) }, above))],
    ];
    const chosen = others[random.below(others.length)];
    if (chosen !== undefined) {
      features.add(chosen[0]);
      company.push(...chosen[1]());
    }
  }
  const pile = [...company, ...path.slice(1)];
  for (let index = pile.length - 1; index > 0; index -= 1) {
    const other = random.below(index + 1);
    const [a, b] = [pile[index], pile[other]];
    if (a !== undefined && b !== undefined) [pile[index], pile[other]] = [b, a];
  }
  return { id, leaf, intermediates: pile, anchors: [root], features };
}
