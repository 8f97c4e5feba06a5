// Functions that run inside Thunderbird (marionette.ts): writing a mail. They travel as source.

/** A mail to be written. */
export interface Draft {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly body: string;
}

/** Opens a compose window with the draft in it. */
export function openCompose(draft: Draft): void {
  const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
  const make = (contract: string, type: string): Record<string, unknown> =>
    Cc[contract]?.createInstance(Ci[type]) as Record<string, unknown>;
  const fields = make("@mozilla.org/messengercompose/composefields;1", "nsIMsgCompFields");
  fields["to"] = draft.to;
  fields["subject"] = draft.subject;
  fields["body"] = draft.body;
  const parameters = make("@mozilla.org/messengercompose/composeparams;1", "nsIMsgComposeParams");
  parameters["composeFields"] = fields;
  parameters["identity"] = MailServices.accounts.allIdentities.find((identity) => identity.email === draft.from);
  parameters["format"] = 2;
  MailServices.compose.OpenComposeWindowWithParams(null, parameters);
}

/** What the compose window is doing. `ready`: it may be typed into and sent. */
export function composeState(): "none" | "loading" | "ready" {
  const window: (Window & { readonly composeEditorReady?: boolean }) | null =
    Services.wm.getMostRecentWindow("msgcompose");
  if (window === null) return "none";
  return window.composeEditorReady === true ? "ready" : "loading";
}

/** Closes the compose window; its draft goes with it. */
export function closeCompose(): void {
  Services.wm.getMostRecentWindow("msgcompose")?.close();
}
