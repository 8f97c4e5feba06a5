// headers-ask: the header section of the mail in a tab, as text.
import type { Background } from "../background.ts";
import type { Handler } from "../dispatch.ts";
import { tabRequest } from "./forms.ts";

export function headersAsk(background: Background): Handler<"headers-ask"> {
  return {
    from: ["page"],
    parse: tabRequest,
    async handle({ tabId }) {
      const current = await background.current(tabId);
      return current.kind === "mail" ? current.record.headers : "";
    },
  };
}
