// A bridge that serves the reading room with the sample mails in it.
import { bearer, startFakeBridge } from "../smoke/fake-bridge.ts";
import type { FakeBridge } from "../smoke/fake-bridge.ts";
import type { SampleWorld } from "../smoke/sample-mails.ts";

/** `files`: the built page. `counted`: what the senders' side has counted, as it is when it is asked. */
export async function startRoom(files: string, world: SampleWorld, counted: readonly unknown[]): Promise<FakeBridge> {
  const mails = Object.entries(world.mails);
  return await startFakeBridge({
    domain: world.domain,
    keys: world.keys,
    authserv: ["mx1.example.net"],
    certificates: { [world.sender.signer.keyId]: [world.sender.chain] },
    deliver: () => undefined,
    files,
    routes: {
      "GET /demo/mails": () =>
        mails.map(([id, raw]) => ({
          id,
          from: /^From: (.*)\r$/m.exec(raw)?.[1],
          subject: /^Subject: (.*)\r$/m.exec(raw)?.[1],
          date: "22 Nov 2026, 14:02",
          title: `What ${id} shows`,
        })),
      "GET /demo/session": () => ({ token: bearer, address: world.reader }),
      "GET /demo/sender-counts": () => ({ received: counted }),
      ...Object.fromEntries(mails.map(([id, raw]) => [`GET /demo/mails/${id}`, () => Buffer.from(raw, "latin1")])),
    },
  });
}
