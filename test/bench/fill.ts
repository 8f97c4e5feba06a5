// A store as it is after months: rows of the age they would have, written in bulk behind the bridge's back.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openStore } from "../../bridge/store/store.ts";

const day = 86_400;
/** Signals are kept for 30 days, tokens until a day after their declaration's end. */
const signalDays = 30;
const tokenDays = 6;
/** Of all rows, in permille: beyond their time when the bridge starts, so that there is something to forget. */
const oldPermille = 2;
const insertedAtOnce = 500_000;
const silent = { info() {}, warn() {}, error() {} };

/**
 * SQL for row `n` of `of`. Their lengths: a signal some 700 octets (a real one has 3,000: ten million would be 30 GB), a token
 * as it is.
 */
function statements(of: number, now: number): readonly string[] {
  const old = Math.floor((of * oldPermille) / 1_000);
  const spread = (days: number): string => `${now} - ${days} * ${day} + (n - ${old}) * ${days * day} / ${of}`;
  const text = (length: number): string => `substr(hex(randomblob(${Math.ceil(length / 2)})), 1, ${length})`;
  const numbers = "with recursive numbers(n) as (select ? union all select n + 1 from numbers where n < ?)";
  return [
    `insert into signals (ref, at, signal, finding, recipients, envelope_from, author, message_id, purpose_field, signature_field)
       ${numbers} select printf('%08x', n) || ${text(16)}, ${spread(signalDays)}, '{"s":"' || ${text(200)} || '"}',
       '{"f":"' || ${text(200)} || '"}', ${text(20)}, 'a@sender.test', 'a@sender.test', ${text(30)}, null, ${text(200)} from numbers`,
    `insert into tokens (expires_at, token, recipient, client, at, bound)
       ${numbers} select ${spread(tokenDays)} + ${tokenDays - 1} * ${day}, ${text(20)}, ${text(20)}, '192.0.2.1', ${now}, 1 from numbers`,
    `insert into known_keys (address, key_id, level, dkim_aligned, first_at, last_at)
       ${numbers} select ${text(20)}, ${text(43)}, 'site', 0, ${now}, ${spread(400)} from numbers where n % 10 = 0`,
    `insert into certificates (key_id, fingerprint, chain, used_at)
       ${numbers} select ${text(43)}, ${text(22)}, ${text(1_500)}, ${spread(signalDays)} - ${day} from numbers where n % 100 = 0`,
  ];
}

/** Makes `folder`/state/waybill.db with `rows` messages and tokens, a tenth as many keys, a hundredth as many certificates. */
export async function fillStore(folder: string, rows: number, now: number): Promise<string> {
  mkdirSync(join(folder, "state"), { recursive: true });
  const path = join(folder, "state", "waybill.db");
  const store = await openStore(path, silent);
  if (!store.ok) throw new Error(store.detail);
  await store.value.close();
  const database = new DatabaseSync(path);
  database.exec("pragma synchronous = off");
  database.exec("pragma cache_size = -200000");
  for (const text of statements(rows, now)) {
    const insert = database.prepare(text);
    for (let from = 1; from <= rows; from += insertedAtOnce) {
      insert.run(from, Math.min(rows, from + insertedAtOnce - 1));
      database.exec("pragma wal_checkpoint(truncate)");
    }
  }
  database.close();
  return path;
}
