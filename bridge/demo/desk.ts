// What the reading room is served: the mails that were delivered, in the order of the show, and what the senders counted.
import { decodeUtf8 } from "../../shared/encoding/bytes.ts";
import { splitMessage } from "../../shared/header/split.ts";
import type { DemoDesk } from "../api/ports.ts";
import type { Store } from "../store/store.ts";
import { reader, undoSeconds } from "./world.ts";

/** A mail on show. */
export interface Exhibit {
  readonly id: string;
  /** What it demonstrates. */
  readonly title: string;
  readonly raw: Uint8Array;
}

function headerOf(raw: Uint8Array, name: string): string {
  const message = splitMessage(raw);
  const field = message.ok ? message.value.fields.find((one) => one.name.toLowerCase() === name) : undefined;
  return decodeUtf8(field?.value ?? "").trim();
}

/** The desk. `token` and `senders` are known later than the API is put together. */
export function demoDesk(parts: {
  readonly exhibits: readonly Exhibit[];
  readonly token: () => Promise<string>;
  readonly senders: () => Store | null;
}): DemoDesk {
  const { exhibits } = parts;
  return {
    mails: () =>
      exhibits.map(({ id, title, raw }) => ({
        id,
        title,
        from: headerOf(raw, "from"),
        subject: headerOf(raw, "subject"),
        date: new Date(headerOf(raw, "date")).toISOString(),
      })),
    mail: (id) => exhibits.find((one) => one.id === id)?.raw ?? null,
    async senderCounts() {
      return { undoSeconds, received: (await parts.senders()?.received.counts(0)) ?? [] };
    },
    session: async () => ({ token: await parts.token(), address: reader }),
  };
}
