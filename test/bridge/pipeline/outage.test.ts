// The sender's side out of reach for hours, by fate or by force: every half hour the client comes again. What it is told,
// what arrives in the end, and what the reader is told of that. Protocol section 3.5, temperror.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { zoneResolver, type Zone } from "../../../bridge/dns/zone.ts";
import { requestBudget } from "../../../bridge/fetch/budget.ts";
import { fetchedDocuments } from "../../../bridge/fetch/documents.ts";
import type { HttpsResponse } from "../../../bridge/fetch/https.ts";
import { createInbound } from "../../../bridge/pipeline/inbound.ts";
import { openStore, type Store } from "../../../bridge/store/store.ts";
import { declarationSources } from "../../../bridge/trust/sources.ts";
import type { Message } from "../../../shared/header/field.ts";
import { ok, type Result, temp } from "../../../shared/result.ts";
import { assess } from "../../../shared/verdict/assess.ts";
import { formatPem } from "../../../shared/x509/pem.ts";
import {
  type Identity,
  makeIdentity,
  makeMail,
  must,
  rawMail,
  signMail,
  testCrypto,
  testTime,
} from "../../fakes/mail.ts";
import { silent } from "../store/fixtures.ts";
import { accepting, client, type Desk, makeDesk, pass } from "./desk.ts";

const halfHour = 1_800;
type Name = Zone["names"][string];
let alice: Identity;
let signed: Message;
let folder: string;
let store: Store;

beforeAll(async () => {
  alice = await makeIdentity("alice@example.org");
  signed = await signMail(makeMail(), alice);
});
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "waybill-outage-"));
  store = must(await openStore(join(folder, "waybill.db"), silent));
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const record = (more: string): Name => ({
  txt: [`v=IPP1; t=url; url=https://ipp.example/{d}/${more}`],
  addresses: [],
  dnssec: "secure",
  ttl: 300,
  fail: undefined,
});
const failing = (fail: "servfail" | "timeout"): Name => ({ ...record(""), fail });
const bogus: Name = { ...record(""), dnssec: "bogus" };

const published = (): Result<HttpsResponse> => {
  const pem = alice.chain.map((der) => formatPem(der)).join("");
  return ok({ status: 200, headers: new Map(), body: new TextEncoder().encode(pem) });
};

/** The sender's side as it stands; to be changed. */
interface Outside {
  name: Name;
  endpoint: () => Result<HttpsResponse>;
  queries: number;
  requests: number;
}

function outside(name: Name, endpoint: Outside["endpoint"] = published): Outside {
  return { name, endpoint, queries: 0, requests: 0 };
}

/** A border over DNS, https and a store: nothing of ours is left out but the sockets. */
function border(world: Outside): Desk {
  const names = {
    get "_ipp.example.org"() {
      return ((world.queries += 1), world.name);
    },
  };
  const zone: Zone = { names, default_dnssec: "insecure", documents: null };
  const clock = { seconds: (): number => testTime };
  const nowMs = (): number => clock.seconds() * 1_000;
  const documents = fetchedDocuments({
    ask: async () => {
      world.requests += 1;
      return world.endpoint();
    },
    budget: requestBudget(nowMs),
    now: nowMs,
  });
  const declarations = declarationSources({
    crypto: testCrypto,
    resolver: zoneResolver(zone),
    documents,
    anchors: () => [],
    revocations: { lists: async () => [], generation: () => 0 },
    history: store.knownKeys,
    keeper: null,
    clock: { now: () => clock.seconds() },
    now: nowMs,
  });
  const desk = makeDesk(
    {},
    {},
    { declarations, memory: store.tokens, deferrals: store.deferrals, keys: store.knownKeys },
  );
  clock.seconds = () => desk.now;
  return desk;
}

/** "451", or what was sealed and what the reader sees of it. */
async function arrives(desk: Desk, mail: Message): Promise<string> {
  const { outcome, mail: delivered } = await pass(createInbound(desk.deps), mail, { client });
  if (outcome.action !== "accept") return String(outcome.reply?.code);
  const keys = await desk.deps.sealKeys.published();
  const read = must(
    await assess(rawMail(delivered), {
      crypto: testCrypto,
      now: desk.now,
      domains: ["example.net"],
      keys: async () => keys,
      certificates: async () => ({ chains: [alice.chain], revokedFrom: null, withdrawnPaths: [] }),
      trustedAuthservIds: [],
      readerAddresses: [],
    }),
  );
  return `${read.evidence.hops.verified[0]?.signal.declaration ?? "?"}: ${read.verdict.level}`;
}

const dead = (): Result<HttpsResponse> => temp("fetch/timeout", "");

describe("for hours", () => {
  const cases = [
    { name: "a resolver that is silent", world: () => outside(failing("timeout")), want: "temperror: unproven" },
    { name: "a resolver that fails", world: () => outside(failing("servfail")), want: "temperror: unproven" },
    { name: "bogus DNSSEC", world: () => outside(bogus), want: "temperror: unproven" },
    { name: "an endpoint that is silent", world: () => outside(record(""), dead), want: "temperror: unproven" },
    {
      name: "an endpoint that is silent, m=all known",
      world: () => outside(record("; m=all"), dead),
      want: "temperror: careful",
    },
    {
      name: "an endpoint without budget left",
      world: () => outside(record(""), () => temp("fetch/budget", "")),
      want: "temperror: unproven",
    },
  ];
  test.each(cases)("$name: 451 for four hours, then it comes, and holds nothing", async ({ world, want }) => {
    const made = world();
    const desk = border(made);
    const words: string[] = [];
    for (let tries = 0; tries < 10; tries += 1) {
      words.push(await arrives(desk, signed));
      desk.now += halfHour;
    }
    expect(words).toEqual([...Array.from({ length: 8 }, () => "451"), want, want]);
    // A mail asks once a try at most, whatever it declares.
    expect(made.queries).toBeLessThanOrEqual(10);
    expect(made.requests).toBeLessThanOrEqual(10);
  });

  test.each(cases)("$name: judged as undeclared then, never better", async ({ world }) => {
    const desk = border(world());
    const strict: Desk = Object.assign(desk, {
      deps: {
        ...desk.deps,
        policies: { effective: () => ({ default: { ...accepting, undeclared: "reject" } as const }) },
      },
    });
    expect(await arrives(strict, signed)).toBe("451");
    strict.now += 4 * 3_600;
    expect(await arrives(strict, signed)).toBe("550");
  });

  test.each(cases)("$name: it comes back in time, and the mail holds", async ({ world }) => {
    const made = world();
    const desk = border(made);
    expect(await arrives(desk, signed)).toBe("451");
    desk.now += halfHour;
    expect(await arrives(desk, signed)).toBe("451");
    Object.assign(made, { name: record(""), endpoint: published });
    desk.now += halfHour;
    expect(await arrives(desk, signed)).toBe("pass: holds");
  });

  test.each(cases)("$name: a restart does not begin the four hours anew", async ({ world }) => {
    const made = world();
    const first = border(made);
    expect(await arrives(first, signed)).toBe("451");
    await store.close();
    store = must(await openStore(join(folder, "waybill.db"), silent));
    const second = border(made);
    second.now = first.now + 4 * 3_600;
    expect(await arrives(second, signed)).toMatch(/^temperror: /);
  });
});

describe("mail that declares nothing meanwhile", () => {
  const plain = makeMail();
  test.each([
    { name: "m=all cannot be known", world: () => outside(failing("timeout")), want: "none: unrecorded" },
    { name: "m=all cannot be known: bogus", world: () => outside(bogus), want: "none: unrecorded" },
    {
      name: "m=all is known, only the endpoint is dead",
      world: () => outside(record("; m=all"), dead),
      want: "none: broken",
    },
  ])("$name: not held up", async ({ world, want }) => {
    const made = world();
    expect(await arrives(border(made), plain)).toBe(want);
    expect(made.requests).toBe(0);
  });
});

describe("made to be worse by force", () => {
  test("what was had before serves while the endpoint is dead, for a day past its end", async () => {
    const made = outside(record(""));
    const desk = border(made);
    expect(await arrives(desk, signed)).toBe("pass: holds");
    made.endpoint = dead;
    desk.now += 5 * 3_600;
    expect(await arrives(desk, signed)).toBe("pass: holds");
    desk.now += 26 * 3_600;
    expect(await arrives(desk, signed)).toBe("451");
  });

  test("an attacker who answers in place of the endpoint: redirects and junk are permanent, and hold nothing", async () => {
    for (const status of [204, 302, 403]) {
      const answer = (): Result<HttpsResponse> => ok({ status, headers: new Map(), body: new Uint8Array() });
      expect(await arrives(border(outside(record(""), answer)), signed)).toBe("permerror: careful");
    }
  });

  test("a key withdrawn at once: the next fresh answer no longer has it", async () => {
    const made = outside(record(""));
    const desk = border(made);
    expect(await arrives(desk, signed)).toBe("pass: holds");
    made.endpoint = () => ok({ status: 404, headers: new Map(), body: new Uint8Array() });
    desk.now += 2 * 3_600;
    expect(await arrives(desk, signed)).toBe("permerror: careful");
  });
});
