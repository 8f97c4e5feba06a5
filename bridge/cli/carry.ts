// Carries a whole mail through the pipeline, as an MTA's milter would piece by piece, and applies the edits to it:
// `waybill sign`, the demo's mail server, and tests.
import { bytesFromString, concatBytes } from "../../shared/encoding/bytes.ts";
import { splitMessage } from "../../shared/header/split.ts";
import type { HeaderField, Message } from "../../shared/header/field.ts";
import { ok, type Result } from "../../shared/result.ts";
import type { Client, HeaderEdit, OpenPassage, Outcome, Reply } from "../pipeline/mail.ts";

/** One mail on its way in or out. */
export interface Carried {
  readonly client: Client;
  readonly from: string;
  readonly recipients: readonly string[];
  readonly raw: Uint8Array;
  readonly queueId: string;
}

/** What came of it. */
export interface Arrival {
  readonly outcome: Outcome;
  /** The mail with all edits; line ends as they came. */
  readonly raw: Uint8Array;
  /** Recipients that were refused on the way, with the answer each got. */
  readonly refused: readonly { readonly recipient: string; readonly reply: Reply }[];
}

/** The header after the edits, applied in order as an MTA does (milter: insert at an index, delete or change the n-th of a name). */
export function applyEdits(fields: readonly HeaderField[], edits: readonly HeaderEdit[]): readonly HeaderField[] {
  let header = [...fields];
  for (const edit of edits) {
    if (edit.kind === "insert") {
      const value = /^[ \t]/.test(edit.value) ? edit.value : ` ${edit.value}`;
      header = header.toSpliced(edit.index, 0, { name: edit.name, value });
      continue;
    }
    const named = header.flatMap((field, index) => {
      return field.name.toLowerCase() === edit.name.toLowerCase() ? [index] : [];
    });
    const index = named[edit.instance - 1];
    if (index === undefined) continue;
    header =
      edit.kind === "delete"
        ? header.toSpliced(index, 1)
        : header.toSpliced(index, 1, { name: header[index]?.name ?? edit.name, value: edit.value });
  }
  return header;
}

/** A message's octets again. */
export function joinMessage({ fields, body }: Message): Uint8Array {
  const header = fields.map(({ name, value }) => `${name}:${value.replace(/\r?\n/g, "\r\n")}\r\n`).join("");
  return concatBytes(bytesFromString(`${header}\r\n`), body);
}

/** Failures: splitMessage's, for what is no mail. */
export async function carryThrough(open: OpenPassage, mail: Carried): Promise<Result<Arrival>> {
  const message = splitMessage(mail.raw);
  if (!message.ok) return message;
  const { fields, body } = message.value;
  const passage = open(mail.client, mail.from);
  const refused: { recipient: string; reply: Reply }[] = [];
  for (const recipient of mail.recipients) {
    const reply = await passage.recipient(recipient);
    if (reply !== null) refused.push({ recipient, reply });
  }
  for (const { name, value } of fields) passage.field(name, value);
  passage.body(body);
  const outcome = await passage.end(mail.queueId);
  return ok({
    outcome,
    raw: joinMessage({ fields: applyEdits(fields, outcome.edits), body: outcome.body ?? body }),
    refused,
  });
}
