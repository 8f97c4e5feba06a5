// The popup of the compose window's button: the menu of purposes.
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import browser from "webextension-polyfill";
import { purposes } from "../../../shared/ipp/registry.ts";
import type { ReplyOf } from "../../background/messages/map.ts";
import { send } from "../../background/send.ts";
import { browserWords } from "../../text/browser-words.ts";
import { PanelNotice } from "../../ui/panel.tsx";
import { PurposeMenu } from "../../ui/purpose-menu.tsx";

const words = browserWords();
const offered = purposes.map((purpose) => purpose.value);

function Menu({ tabId }: { readonly tabId: number }) {
  const [state, setState] = useState<ReplyOf<"purpose-ask"> | "failed" | null>(null);
  useEffect(() => {
    send("purpose-ask", { tabId }).then(setState, () => setState("failed"));
  }, [tabId]);
  if (state === null || state === "failed")
    return <PanelNotice words={words} kind={state === null ? "loading" : "failed"} />;
  const choose = (purpose: string | null): void => {
    setState({ ...state, chosen: purpose });
    send("purpose-choose", { tabId, purpose }).catch(() => setState("failed"));
  };
  return (
    <PurposeMenu words={words} purposes={offered} chosen={state.chosen} identity={state.identity} onChoose={choose} />
  );
}

document.documentElement.lang = words.locale;
document.documentElement.dir = words.direction;
document.title = browser.i18n.getMessage("compose_button");
const target = document.getElementById("app");
browser.tabs.query({ active: true, currentWindow: true }).then(
  ([tab]) => {
    if (target !== null && tab?.id !== undefined) render(<Menu tabId={tab.id} />, target);
  },
  () => undefined,
);
