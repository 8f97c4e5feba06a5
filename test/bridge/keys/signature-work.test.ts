import { generateKeyPairSync } from "node:crypto";
import { expect, test, vi } from "vitest";
import { nodeCrypto, nodeSigner } from "../../../bridge/keys/node-crypto.ts";
import { type SignatureJob, SignatureWork } from "../../../bridge/keys/signature-work.ts";

/** Jobs that write down what is done to them. */
function jobs(): {
  readonly log: string[];
  readonly job: (name: string, ms: number, fails?: boolean) => SignatureJob<string>;
} {
  const log: string[] = [];
  const end = (name: string, fails: boolean): string => {
    if (fails) throw new Error(name);
    return name;
  };
  return {
    log,
    job: (name, ms, fails = false) => ({
      now() {
        log.push(`${name} now`);
        return end(name, fails);
      },
      async inPool() {
        await new Promise((resolve) => setTimeout(resolve, ms));
        log.push(`${name} pool`);
        return end(name, fails);
      },
    }),
  };
}

test("one that comes alone is done on the spot", async () => {
  const { log, job } = jobs();
  const work = new SignatureWork();
  expect(await work.do(job("a", 0))).toBe("a");
  await expect(work.do(job("b", 0, true))).rejects.toThrow("b");
  expect(log).toEqual(["a now", "b now"]);
});

test("those that come together go to the pool, and come back when the last is done", async () => {
  const { log, job } = jobs();
  const work = new SignatureWork();
  const told = (done: Promise<string>): Promise<unknown> =>
    done.then(
      (name) => log.push(`${name} told`),
      (error: unknown) => log.push(`${String(error)} told`),
    );
  await Promise.all([told(work.do(job("a", 1))), told(work.do(job("b", 20, true))), told(work.do(job("c", 1)))]);
  expect(log.toSorted().slice(0, 1)).toEqual(["Error: b told"]);
  expect(log.slice(0, 3).every((line) => line.endsWith("pool"))).toBe(true);
  expect(log).toHaveLength(6);
});

test("signatures made and verified together are those of their keys, and all go to the pool", async () => {
  const work = new SignatureWork();
  const asked = vi.spyOn(work, "do");
  const crypto = nodeCrypto(work);
  const pairs = Array.from({ length: 12 }, (_, index) =>
    index % 2 === 0 ? generateKeyPairSync("ed25519") : generateKeyPairSync("ec", { namedCurve: "prime256v1" }),
  );
  const signers = pairs.map(({ privateKey }) => nodeSigner(privateKey, work));
  const data = pairs.map((_, index) => new TextEncoder().encode(`mail ${index}`));
  const signatures = await Promise.all(
    signers.map(async (signer, index) => await signer?.sign(data[index] ?? new Uint8Array())),
  );
  expect(asked).toHaveBeenCalledTimes(pairs.length);
  const verified = (shift: number): Promise<boolean[]> =>
    Promise.all(
      signers.map(async (signer, index) => {
        const signature = signatures[(index + shift) % signatures.length];
        if (signer === null || signature === undefined) throw new Error("no signature");
        return await crypto.verify(signer.algorithm, signer.spki, data[index] ?? new Uint8Array(), signature);
      }),
    );
  expect(await verified(0)).toEqual(pairs.map(() => true));
  expect(asked).toHaveBeenCalledTimes(2 * pairs.length);
  expect(await verified(1)).toEqual(pairs.map(() => false));
  expect(await verified(2)).toEqual(pairs.map(() => false));
});
