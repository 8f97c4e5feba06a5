import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { forgetOnce } from "../../../bridge/store/retention.ts";
import { Unavailable } from "../../../bridge/pipeline/unavailable.ts";
import { openStore, openStoreBeside, type Store } from "../../../bridge/store/store.ts";
import { mailboxesBy } from "../../../bridge/store/subaddress.ts";
import { makeIdentity, must } from "../../fakes/mail.ts";
import { receivedMail } from "../api/received-mail.ts";
import { complaint, finding, hopSignal, memoryStore, now, sighting, signalRow, silent } from "./fixtures.ts";

const day = 86_400;
let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "waybill-store-"));
  path = join(folder, "waybill.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

async function open(): Promise<Store> {
  const store = await openStore(path, silent);
  if (!store.ok) throw new Error(store.detail);
  return store.value;
}

describe("opening", () => {
  test("a new file is its owner's alone, and opens again with what it held", async () => {
    const store = await open();
    await store.signals.record(signalRow());
    await store.close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const again = await open();
    expect((await again.signals.find("ref-1"))?.finding).toEqual(finding);
    await again.close();
  });

  test("a mail kept before rows were short is read as it was", async () => {
    const store = await open();
    await store.signals.record(signalRow());
    await store.close();
    const database = new DatabaseSync(path);
    database
      .prepare("update signals set signal = ?, finding = ?")
      .run(JSON.stringify(hopSignal), JSON.stringify(finding));
    database.close();
    const again = await open();
    expect(await again.signals.find("ref-1")).toMatchObject({ signal: hopSignal, finding });
    await again.close();
  });

  test("a newer schema is refused with words that help, and left as it is", async () => {
    await (await open()).close();
    const database = new DatabaseSync(path);
    database.exec("insert into kysely_migration (name, timestamp) values ('0099-future', '2030')");
    database.close();
    const refused = await openStore(path, silent);
    expect(refused).toMatchObject({ ok: false, kind: "perm", code: "store/newer" });
    expect(!refused.ok && refused.detail).toMatch(/newer waybill .*0099-future.*run the newer version/);
  });

  test("beside a running bridge an older schema is left as it is", async () => {
    await (await open()).close();
    const whole = await openStoreBeside(path, silent);
    expect(whole.ok).toBe(true);
    if (whole.ok) await whole.value.close();
    const database = new DatabaseSync(path);
    database.exec("delete from kysely_migration where name > '0009'");
    const steps = (): unknown => database.prepare("select count(*) as steps from kysely_migration").get();
    const before = steps();
    const refused = await openStoreBeside(path, silent);
    expect(refused).toMatchObject({ ok: false, kind: "perm", code: "store/older" });
    expect(!refused.ok && refused.detail).toMatch(/older waybill: start the bridge/);
    expect(steps()).toEqual(before);
    database.close();
  });

  test("the first version's tables are brought to this one's, with what they held", async () => {
    const old = await open();
    await old.signals.record(signalRow());
    await old.readerPolicies.put("Bob@example.net", "{}", true, 1);
    await old.close();
    const database = new DatabaseSync(path);
    database.exec("alter table signals drop column feedback; drop index reader_policies_alias");
    database.exec("alter table reader_policies drop column alias");
    database.exec("drop index certificates_issued; drop index certificates_whole");
    for (const column of ["issuer", "serial", "revoked_from", "whole", "withdrawn"])
      database.exec(`alter table certificates drop column ${column}`);
    for (const table of ["sightings", "sighting_readers", "received_sums", "revocation_lists"])
      database.exec(`drop table ${table}`);
    for (const index of ["certificates_used", "known_keys_used", "received_counts_at", "pairings_over"]) {
      database.exec(`drop index ${index}`);
    }
    database.exec("delete from kysely_migration where name <> '0001-first'");
    database.close();
    const store = await open();
    expect(await store.signals.find("ref-1")).toMatchObject({ finding, feedback: null });
    const feedback = { address: "fbl@bank.example", id: null };
    await store.signals.record(signalRow({ ref: "ref-2", feedback }));
    expect((await store.signals.find("ref-2"))?.feedback).toEqual(feedback);
    for await (const sums of store.sightings.before(Infinity)) expect(sums).toBe("none");
    expect(await store.readerPolicies.published("bob@example.net")).toBe("{}");
    await store.close();
  });

  test("what is no database is refused", async () => {
    writeFileSync(path, "x".repeat(5_000));
    expect(await openStore(path, silent)).toMatchObject({ ok: false, kind: "perm", code: "store/open" });
  });

  test("a folder that is not there is refused", async () => {
    expect(await openStore(join(folder, "none", "x.db"), silent)).toMatchObject({ ok: false, code: "store/open" });
  });
});

describe("group commit", () => {
  test("what was recorded is on disk once record() settles: another connection sees it", async () => {
    const store = await open();
    await store.signals.record(signalRow());
    const other = new DatabaseSync(path, { readOnly: true });
    expect(other.prepare("select count(*) as n from signals").get()).toEqual({ n: 1 });
    other.close();
    await store.close();
  });

  test("rows of one turn share one transaction, and all settle", async () => {
    const store = await open();
    const rows = Array.from({ length: 2_500 }, (_, i) =>
      Promise.resolve(store.signals.record(signalRow({ ref: `ref-${i}` }))),
    );
    await Promise.all(rows);
    expect(await store.signals.find("ref-2499")).not.toBeNull();
    await store.close();
  });

  test("while another process holds the lock nothing is lost, and after it all is written", async () => {
    const store = await open();
    const other = new DatabaseSync(path);
    other.exec("begin immediate");
    const recorded = store.signals.record(signalRow());
    const filed = store.complaints.file(complaint());
    while (store.ready().ok) await new Promise((done) => setImmediate(done));
    expect(store.ready()).toMatchObject({ ok: false, kind: "temp", code: "store/failing" });
    // Not "long ago": a mail whose declaration cannot be checked is not judged any sooner for it.
    expect(await store.deferrals.firstSeen("mail", now)).toBe(now);
    expect(await store.deferrals.firstSeen("mail", now + 60)).toBe(now);
    other.exec("rollback");
    other.close();
    await recorded;
    expect(await filed).toEqual({ kind: "filed", id: "c1", undoUntil: now + 600 });
    expect(store.ready().ok).toBe(true);
    await store.close();
  });

  test("a lock that stays puts the mail off", async () => {
    const store = await open();
    const other = new DatabaseSync(path);
    other.exec("begin immediate");
    await expect(store.signals.record(signalRow())).rejects.toThrow(/locked/);
    other.exec("rollback");
    other.close();
    await store.close();
  });

  test("whoever waits for the same lock waits no longer than the first, and who only reads hardly at all", async () => {
    const store = await open();
    const other = new DatabaseSync(path);
    other.exec("begin immediate");
    const filing = Array.from({ length: 20 }, async (_, i) => store.complaints.file(complaint({ id: `c${i}` })));
    const started = performance.now();
    for (const { status, reason } of (await Promise.allSettled(filing)) as PromiseRejectedResult[]) {
      expect(status).toBe("rejected");
      expect(reason).toBeInstanceOf(Unavailable);
    }
    expect(await store.reports.state()).toMatchObject({ queued: 0 });
    // One after the other, each with three seconds of its own, they took a minute.
    expect(performance.now() - started).toBeLessThan(20_000);
    other.exec("rollback");
    other.close();
    expect(await store.complaints.file(complaint())).toMatchObject({ kind: "filed" });
    await store.close();
  });

  test("a row that cannot be written fails alone with its batch, not those after it", async () => {
    const store = await open();
    const bad = signalRow({ ref: "bad", recipients: null as unknown as string[] });
    await expect(store.signals.record(bad)).rejects.toThrow();
    await store.signals.record(signalRow());
    expect(store.ready().ok).toBe(true);
    await store.close();
  });

  test("a transaction through Kysely and the hot path do not mix", async () => {
    const store = await open();
    const all: Promise<unknown>[] = [];
    for (let i = 0; i < 200; i += 1) {
      all.push(store.complaints.file(complaint({ id: `c${i}`, ref: `ref-${i}`, reports: [] })));
      all.push(Promise.resolve(store.signals.record(signalRow({ ref: `ref-${i}` }))));
      if (i % 10 === 0) await new Promise((done) => setImmediate(done));
    }
    await Promise.all(all);
    expect(await store.signals.find("ref-199")).not.toBeNull();
    expect(await store.complaints.counts(0)).toMatchObject([{ count: 200 }]);
    await store.close();
  });
});

describe("signals", () => {
  test("of a mail that declares, what its own fields say is kept once, and comes back whole", async () => {
    const store = await open();
    const { token, ...row } = await receivedMail("ref-1", ["bob@example.net"]);
    await store.signals.record(row);
    expect(await store.signals.find("ref-1")).toMatchObject({ signal: row.signal, finding: row.finding });
    await store.close();
    const database = new DatabaseSync(path);
    const [kept] = database.prepare("select * from signals").all();
    database.close();
    expect(JSON.stringify(kept).split(token)).toHaveLength(2);
  });

  test("know whose subaddresses they came to, by the characters that begin them", async () => {
    const store = must(
      await openStore(
        ":memory:",
        silent,
        mailboxesBy(() => "-"),
      ),
    );
    await store.signals.record(signalRow({ recipients: ["Bob-shop@example.net", "carol+x@example.net"] }));
    const found = await store.signals.find("ref-1");
    const asked = ["bob@example.net", "bob-shop@example.net", "carol@example.net"];
    expect(asked.map((address) => found?.receivedBy(address))).toEqual([true, true, false]);
    await store.close();
  });

  test("come back as they went in, and know their recipients without keeping them", async () => {
    const store = await open();
    await store.signals.record(signalRow({ recipients: ["Bob+shop@example.net", "carol@example.net"] }));
    const found = await store.signals.find("ref-1");
    expect(found).toMatchObject({ ref: "ref-1", at: now, signal: hopSignal, finding, messageId: "<1@bank.example>" });
    const asked = [
      "bob+shop@example.net",
      "bob@example.net",
      "CAROL@example.net",
      "eve@example.net",
      "shop@example.net",
    ];
    expect(asked.map((address) => found?.receivedBy(address))).toEqual([true, true, true, false, false]);
    const other = new DatabaseSync(path, { readOnly: true });
    expect(JSON.stringify(other.prepare("select recipients from signals").get())).not.toMatch(/carol|bob/);
    other.close();
    await store.close();
  });

  test("an unknown ref is null", async () => {
    const store = await memoryStore();
    expect(await store.signals.find("nothing")).toBeNull();
    await store.close();
  });
});

describe("keys and certificates", () => {
  test("an address's keys are remembered with their best level and DKIM, across a restart", async () => {
    let store = await open();
    const seen = { address: "Billing@bank.example", keyId: "ks1", at: now };
    await store.knownKeys.sighted({ ...seen, level: "self", dkimAligned: false });
    await store.knownKeys.sighted({ ...seen, level: "domain", dkimAligned: true, at: now + 5 });
    await store.knownKeys.sighted({ ...seen, level: "site", dkimAligned: false, at: now + 9 });
    await store.knownKeys.sighted({ ...seen, keyId: "ks2", level: "self", dkimAligned: false, at: now + 10 });
    await store.close();
    store = await open();
    expect(await store.knownKeys.known("billing@bank.example")).toEqual([
      { keyId: "ks1", level: "domain", dkimAligned: true, firstAt: now, lastAt: now + 5 },
      { keyId: "ks2", level: "self", dkimAligned: false, firstAt: now + 10, lastAt: now + 10 },
    ]);
    await store.close();
  });

  test("a stranger with ever new keys is cut off", async () => {
    const store = await memoryStore();
    for (let i = 0; i < 50; i += 1)
      await store.knownKeys.sighted({
        address: "a@b.example",
        keyId: `k${i}`,
        level: "self",
        dkimAligned: false,
        at: i,
      });
    expect((await store.knownKeys.known("a@b.example")).length).toBe(16);
    await store.close();
  });

  test("of a chain longer than any true one the leaf is kept", async () => {
    const store = await memoryStore();
    store.certificates.keep("ks1", [new Uint8Array([1]), new Uint8Array(20_000), new Uint8Array([2])], now);
    await store.flushed();
    expect(await store.certificates.chains("ks1")).toEqual([[new Uint8Array([1])]]);
    await store.close();
  });

  test("chains are kept per key, the same one once", async () => {
    const store = await memoryStore();
    const chain = [new Uint8Array([1, 2, 3]), new Uint8Array([4])];
    for (let i = 0; i < 3; i += 1) store.certificates.keep("ks1", chain, now + i);
    store.certificates.keep("ks1", [...chain], now);
    store.certificates.keep("ks1", [new Uint8Array([9])], now + 10);
    await store.flushed();
    expect(await store.certificates.chains("ks1")).toEqual([[new Uint8Array([9])], chain]);
    expect(await store.certificates.chains("ks2")).toEqual([]);
    await store.close();
  });
});

describe("certificates that are revoked", () => {
  test("are so for as long as they are kept, whatever mail comes, and the earliest of a key counts", async () => {
    const store = await memoryStore();
    const { chain, leaf } = await makeIdentity("alice@example.org");
    store.certificates.keep("ks1", chain, now);
    store.certificates.keep("ks1", [new Uint8Array([9])], now);
    await store.flushed();
    const { issuer, serial } = leaf;
    const [found, ...more] = await store.certificates.leaves(issuer.key, serial);
    expect({ found, more }).toMatchObject({ found: { der: leaf.der, revokedFrom: null }, more: [] });
    expect(await store.certificates.leaves("another", serial)).toEqual([]);
    expect(await store.certificates.revokedFrom("ks1")).toBeNull();
    await store.certificates.revoke(found?.id ?? -1, now - 5);
    store.certificates.keep("ks1", [...chain], now + 2 * day);
    await store.flushed();
    expect(await store.certificates.revokedFrom("ks1")).toBe(now - 5);
    expect(await store.certificates.leaves(issuer.key, serial)).toMatchObject([{ revokedFrom: now - 5 }]);
    expect(await store.certificates.revokedFrom("ks2")).toBeNull();
    await store.close();
  });
});

describe("CAs that are revoked", () => {
  const ca = new Uint8Array(900).fill(7);
  const withdrawn = { level: "pkix", from: 5, until: now } as const;

  test("are told of each key that has a chain with it, wherever in it and however many there are, for as long as it is kept", async () => {
    const store = await memoryStore();
    const others = Array.from({ length: 2_500 }, (_, n) => `other${n}`);
    const [one, two] = [Uint8Array.of(1), Uint8Array.of(2)];
    store.certificates.keep("first", [one, ca], now);
    for (const keyId of others) store.certificates.keep(keyId, [one, two, new Uint8Array(900).fill(8)], now);
    store.certificates.keep("last", [one, two, ca], now);
    store.certificates.keep("last", [two], now);
    await store.flushed();
    await store.certificates.withdrawPaths(ca, withdrawn);
    expect(await store.certificates.withdrawnPaths("first")).toEqual([withdrawn]);
    expect(await store.certificates.withdrawnPaths("last")).toEqual([withdrawn]);
    for (const keyId of ["other0", "other2499", "nobody"])
      expect(await store.certificates.withdrawnPaths(keyId)).toEqual([]);
    // Kept anew, and cut to its leaf: what is known of it stays.
    store.certificates.keep("first", [one, new Uint8Array(ca)], now + 2 * day);
    await store.flushed();
    await forgetOnce(store, { signalDays: 30, complaintDays: 400, tokenExtraDays: 1 }, now + 60 * day);
    expect(await store.certificates.chains("first")).toEqual([[one]]);
    expect(await store.certificates.withdrawnPaths("first")).toEqual([withdrawn]);
    await store.close();
  });

  test("are told a few times of one key, not for ever", async () => {
    const store = await memoryStore();
    store.certificates.keep("ks1", [Uint8Array.of(1), ca], now);
    await store.flushed();
    for (let n = 0; n < 20; n += 1) await store.certificates.withdrawPaths(ca, { ...withdrawn, until: n });
    const kept = await store.certificates.withdrawnPaths("ks1");
    expect(kept.map(({ until }) => until)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    await store.close();
  });
});

describe("deferrals", () => {
  test("the first time is remembered", async () => {
    const store = await memoryStore();
    expect(await store.deferrals.firstSeen("mail", now)).toBe(now);
    expect(await store.deferrals.firstSeen("mail", now + 60)).toBe(now);
    await store.flushed();
    expect(await store.deferrals.firstSeen("mail", now + 120)).toBe(now);
    expect(await store.deferrals.firstSeen("other", now + 120)).toBe(now + 120);
    await store.close();
  });
});

/** What SQLite is asked while `job` runs, by prepared statements. */
async function asked(job: () => Promise<void>): Promise<readonly string[]> {
  const prepare = vi.spyOn(DatabaseSync.prototype, "prepare");
  try {
    await job();
    return prepare.mock.calls.map(([text]) => text);
  } finally {
    prepare.mockRestore();
  }
}

describe("retention", () => {
  test("looks at no row that stays: each deletion goes by an index, or by the order of time", async () => {
    const statements = await asked(async () => {
      const store = await open();
      await forgetOnce(store, { signalDays: 30, complaintDays: 400, tokenExtraDays: 1 }, now);
      await store.sightings.forget(1, 1);
      await store.close();
    });
    const deletions = statements.filter((text) => /^(?:delete|update certificates) .* limit /s.test(text));
    expect(deletions.length).toBeGreaterThan(10);
    const database = new DatabaseSync(path);
    for (const text of deletions) {
      const steps = database.prepare(`explain query plan ${text}`).all();
      const scans = steps.map((step) => String(step["detail"])).filter((detail) => detail.startsWith("SCAN"));
      // Signals lie in the order of time: the oldest 2,000 are looked at, whatever the number of all.
      const bounded = text.includes("from signals order by id limit 2000") ? ["SCAN signals", "SCAN (subquery-1)"] : [];
      expect({ text, scans: scans.filter((scan) => !bounded.includes(scan)) }).toEqual({ text, scans: [] });
    }
    database.close();
  });

  test("a mail that can still be complained about keeps its reader's word, however short words are kept", async () => {
    const store = await memoryStore();
    await store.signals.record(signalRow({ ref: "mail", at: now }));
    const word = complaint({ id: "c", ref: "mail", at: now, reports: [] });
    await store.complaints.file(word);
    await forgetOnce(store, { signalDays: 30, complaintDays: 7, tokenExtraDays: 1 }, now + 29 * day);
    expect(await store.signals.find("mail")).not.toBeNull();
    expect(await store.complaints.file({ ...word, id: "d", at: now + 29 * day })).toEqual({ kind: "already" });
    await forgetOnce(store, { signalDays: 30, complaintDays: 7, tokenExtraDays: 1 }, now + 31 * day);
    expect(await store.complaints.find("bob@example.net", "mail", now)).toBeNull();
    await store.close();
  });

  test("each kind goes at its own age", async () => {
    const store = await memoryStore();
    await store.signals.record(signalRow({ ref: "old", at: now - 31 * day }));
    await store.signals.record(signalRow({ ref: "new", at: now - 29 * day }));
    await store.complaints.file(complaint({ id: "old", ref: "old", at: now - 401 * day, reports: [] }));
    await store.complaints.file(complaint({ id: "new", ref: "new", at: now - 399 * day, reports: [] }));
    await store.tokens.sighted(sighting({ expiresAt: now - 3 * day }));
    await store.pairings.add({ id: "p", address: "bob@example.net", code: "c", expiresAt: now - 1 });
    const chain = [new Uint8Array([1, 2, 3]), new Uint8Array([4])];
    store.certificates.keep("old", chain, now - 402 * day);
    store.certificates.keep("month", [...chain], now - 32 * day);
    store.certificates.keep("new", [...chain], now - 29 * day);
    await store.flushed();
    await forgetOnce(store, { signalDays: 30, complaintDays: 400, tokenExtraDays: 1 }, now);
    expect(await store.signals.find("old")).toBeNull();
    expect(await store.signals.find("new")).not.toBeNull();
    expect(await store.complaints.find("bob@example.net", "old", now)).toBeNull();
    expect(await store.complaints.find("bob@example.net", "new", now)).not.toBeNull();
    expect(await store.certificates.chains("old")).toEqual([]);
    expect(await store.certificates.chains("month")).toEqual([[new Uint8Array([1, 2, 3])]]);
    expect(await store.certificates.chains("new")).toEqual([chain]);
    // Used again, it is whole again.
    store.certificates.keep("month", [...chain], now);
    await store.flushed();
    expect(await store.certificates.chains("month")).toEqual([chain]);
    await store.close();
  });
});
