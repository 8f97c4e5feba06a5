// What our own publication is asked, is answered here without the network: mail of one's own domains comes back (lists,
// forwards, colleagues behind another border), its `_ipp` record leads to our own address, and that is never connected to
// (destination.ts). Asked is the very application that the world asks, and only below the place it publishes at: what
// strangers can't fetch, and what DNS does not lead to, is not believed here either.
import { ok, temp } from "../../shared/result.ts";
import type { HttpsAsk } from "./https.ts";

/** Our own publication. */
export interface OwnPublication {
  /** "https://ipp.example.org/ipp/": the configured origin and path; null: nothing is published. */
  readonly base: string | null;
  /** The application. */
  readonly answer: (request: Request) => Promise<Response> | Response;
}

/** `ask`, but for our own publication. */
export function answeringOwn(ask: HttpsAsk, own: OwnPublication): HttpsAsk {
  return async (asked) => {
    const { base } = own;
    // Normalised first: "/ipp/../api" is not below the base.
    const url = URL.canParse(asked.url) ? new URL(asked.url).href : "";
    if (base === null || !url.startsWith(base)) return ask(asked);
    const { method, headers = {}, body } = asked;
    try {
      const request = new Request(url, { method, headers, ...(body === undefined ? {} : { body: Buffer.from(body) }) });
      const answer = await own.answer(request);
      const octets = new Uint8Array(await answer.arrayBuffer());
      return ok({ status: answer.status, headers: new Map(answer.headers), body: octets });
    } catch (error) {
      return temp("fetch/network", `our own publication: ${error instanceof Error ? error.message : "?"}`);
    }
  };
}
