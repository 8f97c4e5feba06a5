import * as fc from "fast-check";
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { BodyHash } from "../../../bridge/pipeline/body-hash.ts";
import { bytesFromString } from "../../../shared/encoding/bytes.ts";
import { relaxBody } from "../../../shared/header/canonical.ts";
import { must } from "../../fakes/mail.ts";

function wanted(body: Uint8Array): string {
  return createHash("sha256")
    .update(must(relaxBody(body)))
    .digest("base64");
}

const bodies = fc
  .tuple(fc.constantFrom(0, 1, 100, 5_000, 16_000, 16_380, 16_384, 16_385, 20_000, 40_000), fc.nat({ max: 99 }))
  .map(([octets, seed]) => bytesFromString(`${seed} some words \r\n`.repeat(octets / 10 + 1).slice(0, octets)));

test("mails one after the other and side by side, their pieces mixed, each have their own digest", () => {
  fc.assert(
    fc.property(
      fc.array(bodies, { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 500, max: 9_000 }),
      (all, step) => {
        const mails = all.map((body) => ({ body, hash: new BodyHash(), digest: "" }));
        for (let turn = 0; mails.some(({ digest }) => digest === ""); turn += 1) {
          // Each begins two turns after the one before it; some end while others go on.
          for (const [late, mail] of mails.entries()) {
            const at = (turn - 2 * late) * step;
            if (at < 0 || mail.digest !== "") continue;
            const chunk = mail.body.slice(at, at + step);
            if (chunk.length > 0) mail.hash.update(chunk);
            else mail.digest = Buffer.from(mail.hash.digest()).toString("base64");
            chunk.fill(0x58);
          }
        }
        expect(mails.map(({ digest }) => digest)).toEqual(all.map((body) => wanted(body)));
      },
    ),
    { numRuns: 60 },
  );
});
