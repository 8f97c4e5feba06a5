// Answers that all endpoints share: JSON that nobody keeps, and errors as {code, detail}.
import * as v from "valibot";

/** Every error's body. `code` is stable, "area/what"; `detail` is for developers. */
export const errorSchema = v.object({ code: v.string(), detail: v.string() });

/** JSON; `cacheSeconds` 0: not to be kept. */
export function json(value: unknown, status = 200, cacheSeconds = 0): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: {
      "content-type": "application/json; charset=utf-8",
      "cache-control": cacheSeconds === 0 ? "no-store" : `public, max-age=${cacheSeconds}`,
    },
  });
}

/** An error. */
export function refuse(status: number, code: string, detail: string): Response {
  return json({ code, detail }, status);
}

/** Too often (429), or too much for us (503); when to come again. */
export function slowDown(seconds: number, status: 429 | 503 = 429): Response {
  const code = status === 429 ? "api/too-often" : "api/busy";
  const answer = refuse(status, code, `come again in ${seconds} s`);
  answer.headers.set("retry-after", String(seconds));
  return answer;
}

/** Nothing to say. */
export function empty(status = 204): Response {
  return new Response(null, { status, headers: { "cache-control": "no-store" } });
}

/** Plain text. */
export function text(body: string, status: number, cacheSeconds: number, type = "text/plain; charset=utf-8"): Response {
  return new Response(body, {
    status,
    headers: {
      "content-type": type,
      "cache-control": cacheSeconds === 0 ? "no-store" : `public, max-age=${cacheSeconds}`,
    },
  });
}
