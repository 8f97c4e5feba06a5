// A list of what is kept, the longest unused first: so that storage has a bound.
import type { StorageArea } from "./platform.ts";

/** The keys below `prefix` in their order; where the list itself can't be read, those that are there. */
async function readIndex(area: StorageArea, indexKey: string, prefix: string): Promise<readonly string[]> {
  const stored = await area.read(indexKey);
  const entries: readonly unknown[] = Array.isArray(stored) ? stored : [];
  const keys = entries.filter((key): key is string => typeof key === "string" && key.startsWith(prefix));
  if (Array.isArray(stored) && keys.length === entries.length) return keys;
  return (await area.keys()).filter((key) => key.startsWith(prefix));
}

/**
 * Writes `key`, which begins with `prefix`, and drops what has been unused longest beyond `max`. One after the other: what
 * is missing in the list would never be dropped.
 */
export async function keepNewest(
  area: StorageArea,
  list: { readonly indexKey: string; readonly prefix: string; readonly max: number },
  key: string,
  value: unknown,
): Promise<void> {
  await area.inTurn(async () => {
    const index = await readIndex(area, list.indexKey, list.prefix);
    const next = [...index.filter((other) => other !== key), key];
    for (const gone of next.slice(0, Math.max(0, next.length - list.max))) await area.remove(gone);
    await area.write(key, value);
    await area.write(list.indexKey, next.slice(-list.max));
  });
}
