// One mailbox: what is known of its bridge, and the one button that takes it a step further.
import type { RefObject } from "preact";
import { useRef } from "preact/hooks";
import { bridgeUrl } from "../client/bridge-url.ts";
import { phrase } from "../text/translate.ts";
import type { Translate } from "../text/translate.ts";
import type { Phrase } from "../../shared/verdict/types.ts";
import { failedText, notSavedText, shortKey, stateText } from "./account.ts";
import type { AccountState, AccountView } from "./account.ts";
import { LeavingButton } from "./leaving-button.tsx";
import { readServerNames } from "./server-names.ts";
import { TextForm } from "./text-form.tsx";

/** What the reader can do with a mailbox. */
export interface AccountActions {
  readonly onLook: (id: string) => void;
  readonly onConnect: (id: string) => void;
  readonly onForget: (id: string) => void;
  /** The reader typed his bridge's address. Code of why it is not kept; null once it is. */
  readonly onBridge: (id: string, url: string) => Promise<string | null>;
  /** The same of the servers whose checks to show. */
  readonly onTrusted: (id: string, hosts: readonly string[]) => Promise<string | null>;
}

export interface AccountCardProps extends AccountActions {
  readonly t: Translate;
  readonly account: AccountView;
  /** Shows what only some need: typing an address, trusted servers. */
  readonly full: boolean;
  /** Takes the mailbox out of the list, where the reader put it there. */
  readonly onRemove?: (id: string) => void;
}

const dots: Record<AccountState["kind"], string> = {
  new: "wb-dot",
  searching: "wb-dot wb-dot-busy",
  connecting: "wb-dot wb-dot-busy",
  disconnecting: "wb-dot wb-dot-busy",
  absent: "wb-dot",
  found: "wb-dot wb-dot-half",
  waiting: "wb-dot wb-dot-busy",
  pinned: "wb-dot wb-dot-half",
  paired: "wb-dot wb-dot-full",
  changed: "wb-dot wb-dot-warn",
  lost: "wb-dot wb-dot-warn",
  again: "wb-dot wb-dot-warn",
  failed: "wb-dot wb-dot-warn",
};

function Keys(props: { readonly t: Translate; readonly keys: readonly string[] }) {
  return (
    <p class="wb-keys">
      {props.t(phrase("settings_keys"))}{" "}
      {props.keys.map((key) => (
        <code key={key} dir="ltr">
          {shortKey(key)}
        </code>
      ))}
    </p>
  );
}

/** A button's text, and for those who hear it alone the mailbox it is about. */
function naming(t: Translate, account: AccountView) {
  return (key: string): { readonly children: string; readonly "aria-label": string } => {
    const text = t(phrase(key));
    return { children: text, "aria-label": `${text}: ${account.address}` };
  };
}

/** Believed without being connected: what is believed can be given up, too. */
const givenUpBelow: ReadonlySet<AccountState["kind"]> = new Set(["pinned", "waiting", "changed"]);

interface ActionProps extends AccountCardProps {
  /** Where the focus goes on when the button goes. */
  readonly heir: RefObject<HTMLElement | null>;
}

function Action({ t, account, heir, onLook, onConnect, onForget }: ActionProps) {
  const { id, state } = account;
  const named = naming(t, account);
  switch (state.kind) {
    case "new":
    case "absent":
    case "lost":
    case "failed":
      return <LeavingButton heir={heir} class="wb-button" onClick={() => onLook(id)} {...named("settings_look")} />;
    case "found":
    case "pinned":
    case "changed":
    case "again":
      return (
        <LeavingButton
          heir={heir}
          // Where keys changed without a word, or can't be compared, connecting is not what is advised.
          class={state.kind === "changed" || state.kind === "again" ? "wb-button" : "wb-button wb-primary"}
          onClick={() => onConnect(id)}
          {...named("settings_connect")}
        />
      );
    case "paired":
      return (
        <LeavingButton heir={heir} class="wb-button" onClick={() => onForget(id)} {...named("settings_disconnect")} />
      );
    case "searching":
    case "connecting":
    case "disconnecting":
    case "waiting":
      return null;
  }
}

function notSaved(code: string | null): Phrase | null {
  return code === null ? null : notSavedText(code);
}

/** What the reader may type where his provider is not found by itself, or runs no bridge. */
function Typed({ t, account, onBridge, onTrusted }: AccountCardProps) {
  const { id, typedBridge, usedBridge, trusted } = account;
  const inUse = usedBridge === null ? "" : ` ${t(phrase("settings_bridge_used", { address: usedBridge }))}`;
  return (
    <>
      <TextForm
        t={t}
        label={t(phrase("settings_bridge"))}
        hint={`${t(phrase("settings_bridge_hint"))}${inUse}`}
        value={typedBridge ?? ""}
        onSave={async (url) => {
          if (url !== "" && bridgeUrl(url) === null) return failedText("client/address");
          return notSaved(await onBridge(id, url));
        }}
      />
      <TextForm
        t={t}
        label={t(phrase("settings_trusted"))}
        hint={t(phrase("settings_trusted_hint"))}
        value={trusted.join(" ")}
        onSave={async (text) => {
          const { names, problem } = readServerNames(text);
          return problem ?? notSaved(await onTrusted(id, names));
        }}
      />
    </>
  );
}

/** A card per mailbox, the same on the first-run page and in the settings. */
export function AccountCard(props: AccountCardProps) {
  const { t, account, full } = props;
  const { state } = account;
  const title = useRef<HTMLHeadingElement>(null);
  return (
    <li class="wb-card">
      <div class="wb-card-head">
        <span class={dots[state.kind]} aria-hidden="true" />
        <div class="wb-card-text">
          <h3 ref={title} tabIndex={-1} dir="auto">
            {account.name}
          </h3>
          <p role="status">{t(stateText(state))}</p>
          {state.kind === "pinned" && state.failure !== null ? (
            <p class="wb-problem" role="alert">
              {t(failedText(state.failure))}
            </p>
          ) : null}
          {"keys" in state ? <Keys t={t} keys={state.keys} /> : null}
        </div>
        <Action {...props} heir={title} />
      </div>
      {full ? (
        <details class="wb-more">
          <summary>{t(phrase("settings_more"))}</summary>
          <Typed {...props} />
          {givenUpBelow.has(state.kind) ? (
            <LeavingButton
              heir={title}
              class="wb-button"
              onClick={() => props.onForget(account.id)}
              {...naming(t, account)("settings_disconnect")}
            />
          ) : null}
          {props.onRemove === undefined ? null : (
            <button
              type="button"
              class="wb-button"
              onClick={() => props.onRemove?.(account.id)}
              {...naming(t, account)("settings_site_remove")}
            />
          )}
        </details>
      ) : null}
    </li>
  );
}
