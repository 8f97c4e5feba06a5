// Finding the path among many: cross-signing, circles, piles. What is there is found, what isn't ends soon.
import { describe, expect, test } from "vitest";
import { limits } from "../../../shared/limits.ts";
import { validatePath } from "../../../shared/x509/path.ts";
import { webCryptoVerifier } from "../../../shared/x509/signature.ts";
import { type Issued, type Specification, general, issue, now, testKey } from "./issue.ts";
import { stopwatch } from "./stopwatch.ts";

const rootKey = testKey("p256", 0);
const leafKey = testKey("p256", 1);
const key = (index: number): ReturnType<typeof testKey> => testKey("p256", 100 + index);

const root = issue({ subject: [["CN", "Root"]], key: rootKey, issuer: null, ca: true });
const unknownRoot = issue({ subject: [["CN", "Unknown"]], key: key(0), issuer: null, ca: true });

function authority(name: string, index: number, issuer: Issued | null, change: Partial<Specification> = {}): Issued {
  return issue({ subject: [["CN", name]], key: key(index), issuer, ca: true, ...change });
}

function leaf(issuer: Issued): Issued {
  return issue({ subject: [["CN", "Alice"]], key: leafKey, issuer, names: [general.email("alice@example.org")] });
}

interface Found {
  readonly code: string | null;
  readonly length: number;
  /** Processor time. */
  readonly ms: number;
  readonly signatures: number;
}

async function search(
  end: Issued,
  intermediates: readonly Issued[],
  anchors: readonly Issued[] = [root],
): Promise<Found> {
  let signatures = 0;
  const took = stopwatch();
  const result = await validatePath({
    leaf: end.der,
    intermediates: intermediates.map((issued) => issued.der),
    anchors: anchors.map((issued) => issued.der),
    at: new Date(now * 1000),
    name: { type: "email", value: "alice@example.org" },
    verifier: (question) => {
      signatures += 1;
      return webCryptoVerifier(question);
    },
  });
  const ms = took();
  const length = result.ok ? result.value.chain.length : 0;
  return { code: result.ok ? null : result.code, length, ms, signatures };
}

/** Issues for a subject that exists already: a cross-certificate. */
function crossSign(subject: Issued, issuer: Issued, change: Partial<Specification> = {}): Issued {
  return issue({ subject: subject.subject, key: subject.key, issuer, ca: true, ...change });
}

describe("cross-signing", () => {
  test("an expired way to an old root doesn't hide the new one", async () => {
    const authorityA = authority("A", 1, root);
    const old = crossSign(root, unknownRoot, { notAfter: now - 1 });
    expect(await search(leaf(authorityA), [old, authorityA])).toMatchObject({ code: null, length: 3 });
  });

  test("the second of two issuers' certificates may be the right one", async () => {
    const real = authority("A", 1, root);
    const wrong = crossSign(real, unknownRoot);
    for (const order of [
      [real, wrong],
      [wrong, real],
    ])
      expect(await search(leaf(real), order)).toMatchObject({ code: null, length: 3 });
  });

  test("a way that name constraints close is left for another", async () => {
    const top = authority("Top", 2, root, { permitted: [general.email("example.com")] });
    const narrow = authority("A", 1, top, { notAfter: now + 2 * 365 * 86_400 });
    const wide = crossSign(narrow, root);
    expect(await search(leaf(narrow), [narrow, wide, top])).toMatchObject({ code: null, length: 3 });
    expect(await search(leaf(narrow), [narrow, top])).toMatchObject({ code: "x509/name-constraints" });
  });

  test("a way closed for one certificate below may be open for another", async () => {
    // Through B the path is too long for its path length; directly it isn't.
    const a = authority("A", 1, root, { pathLength: 0 });
    const b = authority("B", 2, a, { notAfter: now + 2 * 365 * 86_400 });
    const c = crossSign(b, root);
    expect(await search(leaf(b), [b, c, a])).toMatchObject({ code: null, length: 3 });
  });
});

describe("circles", () => {
  test("two CAs that sign each other, with no way out", async () => {
    const a = authority("A", 1, null);
    const b = authority("B", 2, null);
    const result = await search(leaf(a), [crossSign(a, b), crossSign(b, a)]);
    expect(result).toMatchObject({ code: "x509/no-path", signatures: 0 });
  });

  test("two CAs that sign each other, and one is signed by the root", async () => {
    const a = authority("A", 1, null);
    const b = authority("B", 2, null);
    expect(await search(leaf(a), [crossSign(a, b), crossSign(b, a), crossSign(b, root)])).toMatchObject({
      code: null,
      length: 4,
    });
  });

  test("a web of eight CAs that all sign each other", async () => {
    const all = Array.from({ length: 8 }, (_, index) => authority(`W${index}`, index, null));
    const [first = root] = all;
    const web = all.flatMap((a) => all.filter((b) => a !== b).map((b) => crossSign(a, b)));
    expect(await search(leaf(first), web)).toMatchObject({ code: "x509/no-path", signatures: 0 });
    const out = crossSign(all.at(-1) ?? root, root);
    expect(await search(leaf(first), [...web, out])).toMatchObject({ code: null });
    // Ways out that all are closed: the budget ends it.
    const closed = all.map((a) => crossSign(a, root, { permitted: [general.email("example.com")] }));
    const result = await search(leaf(first), [...web, ...closed]);
    expect(result.code).toMatch(/^x509\/(budget|name-constraints)$/u);
    expect(result.signatures).toBeLessThanOrEqual(limits.pathSignatures);
    expect(result.ms).toBeLessThan(1_000);
  });
});

describe("piles of 2,000", () => {
  const count = 2_000;
  const real = authority("A", 1, root);
  const numbers = Array.from({ length: count }, (_, index) => index);

  test.each([
    ["strangers", () => numbers.map((index) => authority(`Stranger ${index}`, index % 50, root))],
    ["CAs of the right name with other keys", () => numbers.map((index) => authority("A", 10 + (index % 200), root))],
    [
      "copies of the right CA by others",
      () => numbers.map((index) => authority("A", 1, root, { signer: key(10 + (index % 200)), notAfter: now - 1 })),
    ],
    ["expired CAs of the right name and key", () => numbers.map(() => authority("A", 1, root, { notAfter: now - 1 }))],
    ["the same CA again and again", () => numbers.map(() => real)],
  ] as const)(
    "%s, and the right one last",
    async (_name, pile) => {
      const result = await search(leaf(real), [...pile(), real]);
      expect(result).toMatchObject({ code: null, length: 3 });
      expect(result.ms).toBeLessThan(1_000);
    },
    60_000,
  );

  test.each([
    ["CAs of the right name with other keys", () => numbers.map((index) => authority("A", 10 + (index % 200), root))],
    [
      "a ladder without a root",
      () => {
        const rungs: Issued[] = [unknownRoot];
        for (const index of numbers) rungs.push(authority(`Rung ${index}`, index % 50, rungs.at(-1) ?? unknownRoot));
        return [
          ...rungs,
          issue({ subject: [["CN", "A"]], key: key(1), issuer: rungs.at(-1) ?? unknownRoot, ca: true }),
        ];
      },
    ],
    [
      "one name, many keys, each signed by the one before",
      () => {
        const rungs: Issued[] = [real];
        for (const index of numbers)
          rungs.push(authority("A", 10 + (index % 500), rungs.at(-1) ?? real, { serial: undefined }));
        return rungs.slice(1);
      },
    ],
    ["one name and one key", () => numbers.map(() => authority("A", 1, authority("A", 1, null)))],
  ] as const)(
    "%s, and no way",
    async (_name, pile) => {
      const result = await search(leaf(authority("A", 5, root)), pile());
      expect(result.code).not.toBeNull();
      expect(result.signatures).toBeLessThanOrEqual(limits.pathSignatures);
      expect(result.ms).toBeLessThan(1_000);
    },
    60_000,
  );

  test("more candidates than are looked at", async () => {
    const far = Array.from({ length: limits.pathCandidates }, () => unknownRoot);
    expect(await search(leaf(real), [...far, real])).toMatchObject({ code: "x509/no-path" });
  });
});

describe("ways that all verify and lead nowhere", () => {
  test("layers of certificates with the same names and keys end by the budget of steps", async () => {
    // Every layer is one name and one key in a dozen certificates; only the top's constraints close the way.
    const layers = [root, ...[1, 2, 3, 4].map((index) => authority(`L${index}`, index, null))];
    const pile: Issued[] = [];
    for (const [index, layer] of layers.entries()) {
      const above = layers[index - 1];
      if (above !== undefined)
        for (let copy = 0; copy < 12; copy += 1)
          pile.push(crossSign(layer, above, index === 1 ? { excluded: [general.email("example.org")] } : {}));
    }
    const result = await search(leaf(layers.at(-1) ?? root), pile);
    expect(result.code).toMatch(/^x509\/(budget|name-constraints)$/u);
    expect(result.ms).toBeLessThan(1_000);
  });

  test("thousands of names under thousands of constraints", async () => {
    const names = Array.from({ length: 700 }, (_, index) => general.email(`user${index}@h${index}.example.org`));
    const hosts = Array.from({ length: 600 }, (_, index) => general.email(`h${index}.example.com`));
    const narrow = authority("A", 1, root, { permitted: hosts, excluded: hosts });
    const end = issue({
      subject: [["CN", "Alice"]],
      key: leafKey,
      issuer: narrow,
      names: [...names, general.email("alice@example.org")],
    });
    const result = await search(end, [narrow]);
    expect(result.code).toMatch(/^x509\/(budget|name-constraints)$/u);
    expect(result.ms).toBeLessThan(1_000);
  });
});
