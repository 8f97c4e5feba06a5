// What the reading room asks of the demo's bridge: its inbox, its mails, its reader's session, the sender's side's counts.
import * as v from "valibot";
import { perm, ok, temp } from "../../../shared/result.ts";
import type { Result } from "../../../shared/result.ts";
import { limits } from "../../../shared/limits.ts";
import { shown } from "../../../shared/verdict/shown.ts";
import { requestJson } from "../../client/request.ts";
import type { Fetch } from "../../client/request.ts";

const plain = v.pipe(v.string(), v.maxLength(1_000));
/** To be shown: what can't be seen or turns what stands beside it is made visible. */
const text = v.pipe(plain, v.transform(shown));
const mailsSchema = v.pipe(
  v.array(v.object({ id: v.pipe(plain, v.minLength(1)), from: text, subject: text, date: text, title: text })),
  v.maxLength(500),
);
/** One line of the inbox; `title`: what this mail is to show. */
export type DemoMail = v.InferOutput<typeof mailsSchema>[number];

const sessionSchema = v.object({ token: plain, address: text });
export type DemoSession = v.InferOutput<typeof sessionSchema>;

const countsSchema = v.object({
  received: v.array(
    v.object({
      signer: text,
      purpose: v.nullish(text, null),
      code: text,
      attested: v.optional(v.boolean(), false),
      count: v.pipe(v.number(), v.minValue(0)),
    }),
  ),
});
/** What one sender's side has counted. */
export type SenderCount = v.InferOutput<typeof countsSchema>["received"][number];

async function ask<T extends v.GenericSchema>(fetchIt: Fetch, url: URL, schema: T): Promise<Result<v.InferOutput<T>>> {
  const answer = await requestJson(fetchIt, { method: "GET", url: url.href });
  if (!answer.ok) return answer;
  const parsed = v.safeParse(schema, answer.value);
  return parsed.success ? ok(parsed.output) : perm("client/demo", "not what the demo answers");
}

export async function demoMails(fetchIt: Fetch, base: URL): Promise<Result<readonly DemoMail[]>> {
  return await ask(fetchIt, new URL("demo/mails", base), mailsSchema);
}

export async function demoSession(fetchIt: Fetch, base: URL): Promise<Result<DemoSession>> {
  return await ask(fetchIt, new URL("demo/session", base), sessionSchema);
}

export async function senderCounts(fetchIt: Fetch, base: URL): Promise<Result<readonly SenderCount[]>> {
  const counts = await ask(fetchIt, new URL("demo/sender-counts", base), countsSchema);
  return counts.ok ? ok(counts.value.received) : counts;
}

/** A mail's octets, as they were delivered. */
export async function demoMail(fetchIt: Fetch, base: URL, id: string): Promise<Result<Uint8Array>> {
  try {
    const url = new URL(`demo/mails/${encodeURIComponent(id)}`, base);
    const response = await fetchIt(url.href, { signal: AbortSignal.timeout(limits.fetchMs) });
    if (!response.ok) return perm(`client/status-${response.status}`, id);
    return ok(new Uint8Array(await response.arrayBuffer()));
  } catch (error) {
    return temp("client/unreachable", String(error));
  }
}
