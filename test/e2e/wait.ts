// Waiting for something to become true in another program, with a deadline that names what was waited for.
import { setTimeout as sleep } from "node:timers/promises";

/** Asks `question` until it answers something other than null, undefined or false. A throw counts as "not yet". */
export async function until<T>(
  what: string,
  question: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  options: { readonly timeoutMs?: number; readonly everyMs?: number } = {},
): Promise<T> {
  const timeoutMs = options.timeoutMs ?? 30_000;
  const end = Date.now() + timeoutMs;
  let last = "";
  for (;;) {
    try {
      const answer = await question();
      if (answer !== null && answer !== undefined && answer !== false) return answer;
      last = "";
    } catch (error) {
      last = `; last error: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms in vain for ${what}${last}`);
    await sleep(options.everyMs ?? 50);
  }
}
