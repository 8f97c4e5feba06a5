// The page that opens once, after installing.
import { render } from "preact";
import browser from "webextension-polyfill";
import { browserWords } from "../../text/browser-words.ts";
import { FirstRun } from "../../ui/first-run.tsx";
import { useMailboxes } from "../mailboxes.ts";

const words = browserWords();

function App() {
  const { answer, accounts, actions, lookAll } = useMailboxes();
  if (answer === null) return null;
  return (
    <FirstRun
      words={words}
      accounts={accounts}
      {...actions}
      hasSites={answer.hasSites}
      onLookAll={lookAll}
      onSettings={() => void browser.runtime.openOptionsPage()}
    />
  );
}

document.documentElement.lang = words.locale;
document.documentElement.dir = words.direction;
document.title = browser.i18n.getMessage("firstrun_title");
const target = document.getElementById("app");
if (target !== null) render(<App />, target);
