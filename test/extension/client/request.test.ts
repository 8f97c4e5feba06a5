// One exchange with a bridge: what is sent, and everything that can come back.
import { describe, expect, test } from "vitest";
import { exchange, requestJson } from "../../../extension/client/request.ts";
import type { Fetch } from "../../../extension/client/request.ts";

function answering(body: BodyInit | null, status = 200, headers: Record<string, string> = {}): Fetch {
  return async () => new Response(body, { status, headers });
}

const get = { method: "GET", url: "https://mx.example.net/api/v1/x" } as const;

describe("answers", () => {
  const cases: readonly { name: string; input: Fetch; want: unknown }[] = [
    { name: "JSON", input: answering('{"a":1}'), want: { ok: true, value: { a: 1 } } },
    { name: "nothing", input: answering(null, 204), want: { ok: true, value: null } },
    { name: "not JSON", input: answering("<html>"), want: { ok: false, kind: "perm", code: "client/not-json" } },
    {
      name: "not UTF-8",
      input: answering(new Uint8Array([0x22, 0xff, 0x22])),
      want: { ok: false, code: "client/not-json" },
    },
    {
      name: "the bridge's own code",
      input: answering('{"code":"api/no-such-thing"}', 404),
      want: { ok: false, kind: "perm", code: "api/no-such-thing" },
    },
    {
      name: "a code that is none",
      input: answering('{"code":"<b>"}', 404),
      want: { ok: false, kind: "perm", code: "client/status-404" },
    },
    {
      name: "an error page",
      input: answering("<html>", 502),
      want: { ok: false, kind: "temp", code: "client/status-502" },
    },
    { name: "too often", input: answering("{}", 429), want: { ok: false, kind: "temp", code: "client/status-429" } },
    {
      name: "too large, said",
      input: answering("{}", 200, { "content-length": "999999999" }),
      want: { ok: false, code: "client/too-large" },
    },
    {
      name: "too large, unsaid",
      input: answering(new Uint8Array(300_000)),
      want: { ok: false, code: "client/too-large" },
    },
    {
      name: "no answer",
      input: async () => {
        throw new TypeError("Failed to fetch");
      },
      want: { ok: false, kind: "temp", code: "client/unreachable" },
    },
  ];
  test.each(cases)("$name", async ({ input, want }) => {
    expect(await requestJson(input, get)).toMatchObject(want as object);
  });

  test("a status is an answer to exchange", async () => {
    expect(await exchange(answering("{}", 404), get)).toEqual({ ok: true, value: { status: 404, body: {} } });
  });
});

test("no cookies, no redirects, no referrer; the bearer only where given", async () => {
  const seen: RequestInit[] = [];
  const recording: Fetch = async (_, init) => {
    seen.push(init);
    return new Response("{}");
  };
  await requestJson(recording, { ...get, method: "POST", body: { a: 1 }, token: "t" });
  await requestJson(recording, { ...get, token: null });
  expect(seen[0]).toMatchObject({
    credentials: "omit",
    redirect: "error",
    referrerPolicy: "no-referrer",
    body: '{"a":1}',
  });
  expect(seen[0]?.headers).toMatchObject({ authorization: "Bearer t", "content-type": "application/json" });
  expect(seen[1]?.headers).toEqual({ accept: "application/json" });
});
