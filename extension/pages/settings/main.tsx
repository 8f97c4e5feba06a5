// The settings page of the add-on and of the browsers' extension.
import { render } from "preact";
import { useState } from "preact/hooks";
import browser from "webextension-polyfill";
import { send } from "../../background/send.ts";
import { bridgeUrl, originPattern } from "../../client/bridge-url.ts";
import { browserWords } from "../../text/browser-words.ts";
import { Settings } from "../../ui/settings.tsx";
import { useMailboxes } from "../mailboxes.ts";

const words = browserWords();

async function addSite(given: { readonly url: string; readonly address: string }): Promise<string | null> {
  const url = bridgeUrl(given.url.split(/[?#]/)[0] ?? "");
  if (url === null) return "sites/address";
  const allowed = await browser.permissions.request({ origins: [originPattern(url)] });
  if (!allowed) return "sites/refused";
  const { problem } = await send("site-add", { origin: url.origin, address: given.address });
  return problem;
}

function App() {
  const mailboxes = useMailboxes();
  const [problem, setProblem] = useState<string | null>(null);
  const { answer, accounts, actions, take, reload } = mailboxes;
  if (answer === null) return null;
  const added = (result: string | null): void => {
    setProblem(result);
    reload();
  };
  const sites = {
    problem,
    onAdd: (given: { readonly url: string; readonly address: string }) => {
      addSite(given).then(added, () => added("extension/asleep"));
    },
    onRemove: (id: string) => {
      send("site-remove", { id }).then(reload, reload);
    },
  };
  return (
    <Settings
      words={words}
      accounts={accounts}
      {...actions}
      preferences={answer.preferences}
      onPreferences={(preferences) => {
        send("preferences-set", preferences).then(take, reload);
      }}
      sites={answer.hasSites ? sites : null}
      hasJunk={answer.hasJunk}
    />
  );
}

document.documentElement.lang = words.locale;
document.documentElement.dir = words.direction;
document.title = browser.i18n.getMessage("settings_title");
const target = document.getElementById("app");
if (target !== null) render(<App />, target);
