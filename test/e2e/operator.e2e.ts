// What the operator sees: doctor is content, and what only he may see is not shown to the world.
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Scenario } from "./scenario.ts";

interface Finding {
  readonly area: string;
  readonly level: "good" | "careful" | "bad";
  readonly what: string;
}

export const operator: Scenario = {
  name: "the operator's view",
  run: async ({ bank, home }, stage) => {
    for (const organisation of [bank, home]) {
      const { bridge, folder, domains } = organisation;
      await stage.step(`waybill doctor at ${domains[0]}: nothing to do`, () => {
        const etc = join(folder, "postfix", "etc");
        const findings = JSON.parse(bridge.command("doctor", "--json", "--postfix-config", etc)) as readonly Finding[];
        assert.ok(findings.length > 10);
        assert.deepEqual(
          findings.filter(({ level }) => level !== "good").map(({ what }) => what),
          [],
        );
      });
      await stage.step(`${bridge.url}: the postmaster's numbers are not for everybody`, async () => {
        for (const path of ["/api/v1/admin/counts", "/metrics"]) {
          const { status } = await fetch(`${bridge.url}${path}`);
          assert.equal(status, 401, path);
        }
        const token = bridge.command("admin", "token").trim();
        const headers = { authorization: `Bearer ${token}` };
        assert.equal((await fetch(`${bridge.url}/api/v1/admin/counts`, { headers })).status, 200);
      });
    }
  },
};
