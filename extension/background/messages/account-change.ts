// account-change: what the reader typed for a mailbox: the bridge's address, servers whose checks to show.
import { bridgeUrl } from "../../client/bridge-url.ts";
import { areServerNames } from "../../ui/server-names.ts";
import type { Background } from "../background.ts";
import type { Handler } from "../dispatch.ts";
import { listedAccount, settingsAnswer } from "../settings-answer.ts";
import { accountRequest, isText } from "./forms.ts";
import type { RequestOf } from "./map.ts";

function parse(given: Readonly<Record<string, unknown>>): RequestOf<"account-change"> | null {
  const account = accountRequest(given);
  const { bridge, trusted } = given;
  if (account === null || (bridge !== undefined && !isText(bridge, 500))) return null;
  if (trusted === undefined) return { ...account, ...(bridge === undefined ? {} : { bridge }) };
  if (!Array.isArray(trusted) || !areServerNames(trusted)) return null;
  return { ...account, ...(bridge === undefined ? {} : { bridge }), trusted };
}

export function accountChange(background: Background): Handler<"account-change"> {
  return {
    from: ["page"],
    parse,
    async handle({ id, bridge, trusted }) {
      if ((await listedAccount(background, id)) === null) return await settingsAnswer(background);
      const typed = bridge === undefined || bridge === "" ? null : bridgeUrl(bridge);
      await background.accounts.change(id, (now) => ({
        ...now,
        ...(bridge === undefined
          ? {}
          : {
              bridge: typed?.href ?? null,
              failure: bridge !== "" && typed === null ? "client/address" : null,
              found: null,
            }),
        ...(trusted === undefined ? {} : { trusted }),
      }));
      return await settingsAnswer(background);
    },
  };
}
