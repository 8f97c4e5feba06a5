// What a person does in Thunderbird: opens a message, presses an add-on's button, writes and sends a mail.
import { until } from "../wait.ts";
import { composeState, openCompose, type Draft } from "./privileged-compose.ts";
import {
  buttonState,
  clickChrome,
  getNewMessages,
  hidePopups,
  popupIsOpen,
  selectMessage,
  type ButtonState,
  type FolderName,
} from "./privileged-reading.ts";
import type { Thunderbird } from "./start.ts";

/** Selector of an add-on's message_display_action button, of whatever add-on. */
export const messageButton = "[id$='-messageDisplayAction-toolbarbutton']";
/** Selector of an add-on's compose_action button. */
export const composeButton = "[id$='-composeAction-toolbarbutton']";

/** Fetches mail until a message with this subject (or IMAP UID) is there, and shows it. */
export async function openMessage(
  thunderbird: Thunderbird,
  folder: FolderName,
  wanted: string | number,
): Promise<void> {
  await until(`"${wanted}" in ${folder.login ?? "Local Folders"}`, async () => {
    const done = await thunderbird.marionette.chrome(selectMessage, folder, wanted);
    if (done !== true) throw new Error(done);
    return done;
  });
}

/** Waits until the button's state is as wanted; the state. */
export function buttonWhen(
  thunderbird: Thunderbird,
  selector: string,
  wanted: (state: ButtonState) => boolean,
): Promise<ButtonState> {
  return until(`${selector} in the wanted state`, async () => {
    const state = await thunderbird.marionette.chrome(buttonState, selector);
    if (state !== null && wanted(state)) return state;
    throw new Error(`it is ${JSON.stringify(state)}`);
  });
}

/** Waits for an element of Thunderbird's own windows and clicks it. */
export async function clickButton(thunderbird: Thunderbird, selector: string): Promise<void> {
  await until(`${selector} to click`, () => thunderbird.marionette.chrome(clickChrome, selector));
}

/** "Get Messages" for one account. */
export async function fetchMail(thunderbird: Thunderbird, login: string): Promise<void> {
  await thunderbird.marionette.chrome(getNewMessages, login);
}

/** Closes every open popup, as Escape would. */
export async function closePopups(thunderbird: Thunderbird): Promise<void> {
  await thunderbird.marionette.chrome(hidePopups);
  await until("popups to close", async () => !(await thunderbird.marionette.chrome(popupIsOpen)));
}

/** Opens a compose window with the draft and waits until it can be sent. */
export async function compose(thunderbird: Thunderbird, draft: Draft): Promise<void> {
  await thunderbird.marionette.chrome(openCompose, draft);
  await until("the compose window", async () => (await thunderbird.marionette.chrome(composeState)) === "ready");
}

/** Presses Send and waits until the compose window has gone, which it does when the server has taken the mail. */
export async function send(thunderbird: Thunderbird): Promise<void> {
  await clickButton(thunderbird, "#button-send");
  await until("the mail to be sent", async () => (await thunderbird.marionette.chrome(composeState)) === "none");
}
