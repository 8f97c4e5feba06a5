// The clock of the command line: the one place of bridge/cli that asks what time it is.

/** Unix seconds. */
export function now(): number {
  return Math.floor(Date.now() / 1000);
}

/** "2026-11-22" of Unix seconds, in UTC. */
export function dayOf(at: number): string {
  return new Date(at * 1000).toISOString().slice(0, 10);
}

/** Reads "2026-11-22", "2026-11-22T14:02:00Z" or Unix seconds; null for anything else. */
export function parseTime(text: string): number | null {
  if (/^\d{1,11}$/.test(text)) return Number(text);
  const at = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? null : Math.floor(at / 1000);
}
