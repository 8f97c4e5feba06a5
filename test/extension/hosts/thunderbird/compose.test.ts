// What is sent along as the writer's wish: what the button beside the mail says, whatever happens while it is written.
import { beforeEach, expect, test, vi } from "vitest";
import type { ComposeDetails, MailTab } from "../../../../extension/hosts/thunderbird/api.ts";
import { memoryArea } from "../../background/fake-platform.ts";

type Sending = { readonly details?: ComposeDetails; readonly cancel?: boolean };

/** Mails that are written: who writes them, and what stands on their buttons. */
const identities = new Map<number, string>();
const labels = new Map<number, string>();
const hear: {
  beforeSend?: (tab: Pick<MailTab, "id">, details: ComposeDetails) => Promise<Sending>;
  identity?: (tab: Pick<MailTab, "id">) => void;
  created?: (tab: Pick<MailTab, "id" | "type">) => void;
} = {};
const keep = (name: keyof typeof hear) => ({ addListener: (listener: never) => void (hear[name] = listener) });
// A mail program's own API: only inside it is there another.
vi.mock("webextension-polyfill", () => ({
  default: {
    compose: {
      getComposeDetails: async (tabId: number) => ({ identityId: identities.get(tabId) }),
      onBeforeSend: keep("beforeSend"),
      onIdentityChanged: keep("identity"),
    },
    composeAction: {
      setLabel: async ({ tabId, label }: { tabId: number; label: string }) => void labels.set(tabId, label),
      setTitle: async () => undefined,
    },
    tabs: { onCreated: keep("created"), onRemoved: { addListener: () => undefined } },
  },
}));
const { choosePurpose, sayPurpose, watchCompose } = await import("../../../../extension/hosts/thunderbird/compose.ts");

const words = { t: ({ key }: { readonly key: string }) => key, locale: "en", direction: "ltr" as const };
let areas = { local: memoryArea(), session: memoryArea() };
const failures: unknown[] = [];

beforeEach(() => {
  areas = { local: memoryArea(), session: memoryArea() };
  for (const kept of [identities, labels]) kept.clear();
  failures.length = 0;
  watchCompose(areas, words, (error) => failures.push(error));
});

async function begin(tabId: number, identityId: string): Promise<void> {
  identities.set(tabId, identityId);
  hear.created?.({ id: tabId, type: "messageCompose" });
  await vi.waitUntil(() => labels.has(tabId));
}

async function choose(tabId: number, purpose: string | null): Promise<void> {
  await choosePurpose(areas, tabId, purpose);
  await sayPurpose(areas, words, tabId);
}

async function changeFrom(tabId: number, identityId: string): Promise<void> {
  identities.set(tabId, identityId);
  labels.delete(tabId);
  hear.identity?.({ id: tabId });
  await vi.waitUntil(() => labels.has(tabId));
}

async function sent(tabId: number, details: ComposeDetails = {}): Promise<Sending | undefined> {
  return await hear.beforeSend?.({ id: tabId }, details);
}

const wish = (value: string): Sending => ({ details: { customHeaders: [{ name: "X-IPP-Purpose", value }] } });
const none: Sending = { details: { customHeaders: [] } };

test("a mail that is begun says, and sends, what its identity used last", async () => {
  await begin(1, "id1");
  await choose(1, "marketing");
  await begin(2, "id1");
  await begin(3, "id2");
  expect([labels.get(2), labels.get(3)]).toEqual(["compose_name_marketing", "compose_button"]);
  expect([await sent(2), await sent(3)]).toEqual([wish("marketing"), none]);
});

test("what is chosen for another mail changes none that is being written", async () => {
  await begin(1, "id1");
  await begin(2, "id1");
  await choose(2, "newsletter");
  expect(labels.get(1)).toBe("compose_button");
  expect(await sent(1)).toEqual(none);
});

test("another From brings that identity's purpose, said before it is sent; one's own choice stays", async () => {
  await begin(1, "id2");
  await choose(1, "marketing");
  await begin(2, "id1");
  await changeFrom(2, "id2");
  expect(labels.get(2)).toBe("compose_name_marketing");
  expect(await sent(2)).toEqual(wish("marketing"));
  await choose(2, null);
  await changeFrom(2, "id1");
  await changeFrom(2, "id2");
  expect(labels.get(2)).toBe("compose_button");
  expect(await sent(2)).toEqual(none);
});

test("a mail that was begun before the add-on came declares nothing, as its button says nothing", async () => {
  await areas.local.write("purpose:id1", "marketing");
  identities.set(1, "id1");
  expect(await sent(1)).toEqual(none);
});

test("a wish that the mail brought along gives way to what the button says; other fields stay", async () => {
  await begin(1, "id1");
  const other = { name: "X-Other", value: "1" };
  const old = { name: "x-ipp-purpose", value: "marketing" };
  expect(await sent(1, { customHeaders: [old, other] })).toEqual({ details: { customHeaders: [other] } });
});

test("where what was said can't be read the mail is not sent, and not lost", async () => {
  await begin(1, "id1");
  vi.spyOn(areas.session, "read").mockRejectedValue(new Error("torn"));
  expect(await sent(1)).toEqual({ cancel: true });
  expect(failures).toHaveLength(1);
});
