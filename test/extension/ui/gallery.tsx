// One component in one state, chosen by the page's query: what panel.test.ts looks at, and what a designer opens.
//   ?show=panel&fixture=holds&state=reported&channel=paired&junk=ticked&trouble=lost&lang=de   rtl instead of lang mirrors it
//   ?show=panel&fixture=holds&live        reporting and taking back do what they say
//   ?show=panel&fixture=careful&markup    markup behind every text of the verdict
//   ?show=banner&fixture=holds&sentence   with a sentence as _locales has it, instead of the fixture's
import type { ComponentChild } from "preact";
import { render } from "preact";
import { useState } from "preact/hooks";
import english from "../../../extension/_locales/en/messages.json" with { type: "json" };
import german from "../../../extension/_locales/de/messages.json" with { type: "json" };
import { messagesLookup } from "../../../extension/text/messages.ts";
import { createWords, phrase } from "../../../extension/text/translate.ts";
import type { Lookup } from "../../../extension/text/translate.ts";
import { purposes } from "../../../shared/ipp/registry.ts";
import { bannerStyle } from "../../../extension/ui/banner-style.ts";
import { Banner } from "../../../extension/ui/banner.tsx";
import type { Channel, ComplaintState } from "../../../extension/ui/complaint.ts";
import { FirstRun } from "../../../extension/ui/first-run.tsx";
import { Panel, PanelNotice } from "../../../extension/ui/panel.tsx";
import { PurposeMenu } from "../../../extension/ui/purpose-menu.tsx";
import { Settings } from "../../../extension/ui/settings.tsx";
import arabic from "./arabic.json" with { type: "json" };
import { accounts, fixtures, galleryTime, states, withMarkup } from "./fixtures.ts";

const query = new URLSearchParams(location.search);
const files = query.has("rtl") ? [arabic, english] : query.get("lang") === "de" ? [german, english] : [english];
const lookup = messagesLookup(...files);
const lookupWithRaw: Lookup = (key, values) => (key === "raw" ? (values[0] ?? "") : lookup(key, values));
const words = createWords(lookupWithRaw, query.get("lang") ?? "en-GB", "UTC");
const chosen = fixtures[(query.get("fixture") ?? "holds") as keyof typeof fixtures];
const fixture = query.has("markup") ? withMarkup(chosen) : chosen;
const events: unknown[] = [];
Object.assign(globalThis, { events });
const record =
  (name: string) =>
  (...details: unknown[]): void => {
    events.push([name, ...details]);
  };
/** A page's script moves it on by `later`, in seconds. */
const clock = globalThis as { later?: number };
const now = (): number => galleryTime + (clock.later ?? 0);
const told = {
  level: fixture.level,
  sentence: phrase("sentence_pass", { purpose_key: "purpose_transactional", signer: "billing@bank.example" }),
};
/** `refuse`: nothing can be kept. */
const saved = (name: string, given: readonly unknown[]): string | null => {
  record(name)(...given);
  return query.has("refuse") ? "client/refused" : null;
};
const accountActions = {
  onLook: record("look"),
  onConnect: record("connect"),
  onForget: record("forget"),
  onBridge: async (...given: readonly unknown[]) => saved("bridge", given),
  onTrusted: async (...given: readonly unknown[]) => saved("trusted", given),
};

/** A background that takes its time: each step is seen. */
const slowly = async (): Promise<void> => await new Promise((resolve) => setTimeout(resolve, 100));

function LivePanel() {
  const [complaint, setComplaint] = useState<ComplaintState>(states[query.get("state") ?? "none"] ?? { kind: "none" });
  const act = (name: string, meanwhile: ComplaintState, after: ComplaintState | undefined) => (what?: unknown) => {
    record(name)(what);
    if (!query.has("live")) return;
    setComplaint(meanwhile);
    void slowly().then(() => setComplaint(after ?? meanwhile));
  };
  return (
    <Panel
      words={words}
      verdict={fixture}
      complaint={complaint}
      channel={(query.get("channel") ?? "paired") as Channel}
      trouble={query.get("trouble") as "lost" | null}
      onSettings={record("settings")}
      junk={(query.get("junk") ?? "ticked") as "absent" | "ticked" | "empty"}
      now={now}
      readHeaders={async () =>
        "Received: from mail.bank.example\n\tby mx1.example.net\nSubject: <b>Invoice</b> \u202e\u200b"
      }
      onCopy={async (text) => {
        record("copy")(text);
        if (query.has("deaf")) throw new Error("no clipboard");
      }}
      onReport={act("report", { kind: "sending" }, states["reported"])}
      onUndo={act("undo", { kind: "undoing" }, states["undone"])}
    />
  );
}

const shown: Readonly<Record<string, () => ComponentChild>> = {
  panel: () => <LivePanel />,
  notice: () => <PanelNotice words={words} kind="nothing" />,
  banner: () => (
    <>
      <style>{bannerStyle}</style>
      <Banner
        words={words}
        verdict={query.has("sentence") ? told : fixture}
        hint={query.has("hint")}
        onDetails={record("details")}
      />
    </>
  ),
  menu: () => (
    <PurposeMenu
      words={words}
      purposes={purposes.map((purpose) => purpose.value)}
      chosen={query.get("chosen")}
      identity="alice@example.net"
      onChoose={record("choose")}
    />
  ),
  firstrun: () => (
    <FirstRun
      words={words}
      accounts={accounts}
      {...accountActions}
      hasSites={query.has("sites")}
      onLookAll={record("look-all")}
      onSettings={record("settings")}
    />
  ),
  settings: () => (
    <Settings
      words={words}
      accounts={accounts}
      {...accountActions}
      preferences={{ banner: true, junk: true }}
      onPreferences={record("preferences")}
      sites={
        query.has("sites")
          ? { onAdd: record("add"), onRemove: record("remove"), problem: query.has("problem") ? "sites/refused" : null }
          : null
      }
      hasJunk={!query.has("sites")}
    />
  ),
};

const target = document.getElementById("app");
document.documentElement.lang = words.locale;
document.documentElement.dir = words.direction;
/** The page around it: a popup's main part, a mail below its banner, nothing around what is a page itself. */
function surrounded(name: string, part: ComponentChild): ComponentChild {
  if (name === "firstrun" || name === "settings") return part;
  if (name !== "banner") return <main>{part}</main>;
  return (
    <>
      {part}
      <main>
        <h1>A mail</h1>
      </main>
    </>
  );
}

const name = query.get("show") ?? "panel";
if (target !== null) render(surrounded(name, shown[name]?.() ?? null), target);
