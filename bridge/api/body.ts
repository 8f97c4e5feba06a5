// The body of a request, no longer than it may be. Hono's own bodyLimit makes a Request of the Request where no length is
// told, which fails for those of @hono/node-server: a DELETE without a body, and all that comes in chunks.
import type { Context } from "hono";

/** The body as text, "" where there is none; null: longer than `maxBytes` octets. Rejects where the client hangs up. */
export async function bodyText({ req }: Context, maxBytes: number): Promise<string | null> {
  const declared = req.header("content-length");
  // Node reads no more than was declared, and refuses a length beside chunks.
  if (declared !== undefined) return Number(declared) > maxBytes ? null : req.text();
  const reader = req.raw.body?.getReader();
  if (reader === undefined) return "";
  // In one piece: chunks of one octet, kept one by one, are a hundred times as large.
  const whole = new Uint8Array(maxBytes);
  let bytes = 0;
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    if (bytes + read.value.length > maxBytes) return null;
    whole.set(read.value, bytes);
    bytes += read.value.length;
  }
  return new TextDecoder().decode(whole.subarray(0, bytes));
}

/** Whether a request failed because its client hung up within the body, or was hung up on for being late. */
export function isHungUp(error: Error): boolean {
  return "code" in error && error.code === "ECONNRESET";
}
