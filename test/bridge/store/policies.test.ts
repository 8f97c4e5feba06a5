import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { layeredPolicies } from "../../../bridge/store/policies.ts";
import type { Store } from "../../../bridge/store/store.ts";
import { mailboxesBy } from "../../../bridge/store/subaddress.ts";
import { parsePolicy } from "../../../shared/policy/parse.ts";
import type { Policy } from "../../../shared/policy/types.ts";
import { must } from "../../fakes/mail.ts";
import { memoryStore, now, silent } from "./fixtures.ts";

const plus = mailboxesBy(() => "+");
const text = (id: string): string => `{"v":"IPP1","id":"${id}","default":"accept"}`;
const policy = (id: string): Policy => must(parsePolicy(text(id)));

let store: Store;
beforeEach(async () => {
  store = await memoryStore();
  await store.readerPolicies.put("bob@example.net", text("bob"), false, now);
});
afterEach(() => store.close());

describe("layers", () => {
  test("the reader's own stands between floor and default", async () => {
    const policies = layeredPolicies(
      store.readerPolicies,
      { floor: policy("floor"), default: policy("server") },
      plus,
      silent,
    );
    const ids = async (recipient: string): Promise<unknown> => {
      const { floor, reader, default: fallback } = await policies.effective(recipient);
      return [floor?.id, reader?.id, fallback.id];
    };
    expect(await ids("bob@example.net")).toEqual(["floor", "bob", "server"]);
    expect(await ids("BOB@Example.net")).toEqual(["floor", "bob", "server"]);
    expect(await ids("bob+shop@example.net")).toEqual(["floor", "bob", "server"]);
    expect(await ids("carol@example.net")).toEqual(["floor", undefined, "server"]);
  });

  test("unchanged layers are the same objects", async () => {
    const policies = layeredPolicies(store.readerPolicies, { floor: null, default: policy("server") }, plus, silent);
    expect(await policies.effective("carol@example.net")).toBe(await policies.effective("dan@example.net"));
    expect(await policies.effective("bob@example.net")).toBe(await policies.effective("bob@example.net"));
  });

  test("what a reader or a reload changed counts at once", async () => {
    const policies = layeredPolicies(store.readerPolicies, { floor: null, default: policy("server") }, plus, silent);
    await policies.effective("bob@example.net");
    await store.readerPolicies.put("bob@example.net", text("new"), false, now);
    policies.forget("bob@example.net");
    expect((await policies.effective("bob@example.net")).reader?.id).toBe("new");
    policies.change({ floor: null, default: policy("reloaded") });
    expect((await policies.effective("bob@example.net")).default.id).toBe("reloaded");
    expect(policies.server().default.id).toBe("reloaded");
  });

  test("recipients differ as soon as one has a policy of his own", async () => {
    const policies = layeredPolicies(store.readerPolicies, { floor: null, default: policy("server") }, plus, silent);
    expect(await policies.differ()).toBe(true);
    await store.readerPolicies.remove("bob@example.net");
    policies.forget("bob@example.net");
    expect(await policies.differ()).toBe(false);
    await store.readerPolicies.put("carol@example.net", text("carol"), false, now);
    // Written by another process, it is seen within a minute; by this one at once.
    expect(await policies.differ()).toBe(false);
    policies.forget("carol@example.net");
    expect(await policies.differ()).toBe(true);
  });

  test("one that cannot be read is as if absent", async () => {
    await store.readerPolicies.put("bob@example.net", "{", false, now);
    const policies = layeredPolicies(store.readerPolicies, { floor: null, default: policy("server") }, plus, silent);
    expect((await policies.effective("bob@example.net")).reader).toBeUndefined();
  });
});
