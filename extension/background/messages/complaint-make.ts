// complaint-make: reports the mail in a tab, and does what the reader ticked beside it. Only pages of the extension may
// ask for it: a click inside a mail or a web page proves nothing (it can pass through an overlay).
import { complaintCodes } from "../../../shared/ipp/registry.ts";
import { makeComplaint } from "../../client/complaints.ts";
import type { ComplaintOrder, ComplaintState } from "../../ui/complaint.ts";
import type { Background, ShownMail } from "../background.ts";
import { deskFor, heedRefusal } from "../complaint-desk.ts";
import type { Desk } from "../complaint-desk.ts";
import type { Handler } from "../dispatch.ts";
import { keptState, writeComplaint } from "../kept-complaints.ts";
import type { KeptComplaint } from "../kept-complaints.ts";
import type { Platform } from "../platform.ts";
import { unsubscribe } from "../unsubscribe.ts";
import { isText, mailRequest } from "./forms.ts";
import type { RequestOf } from "./map.ts";

function parseOrder(given: unknown): ComplaintOrder | null {
  if (typeof given !== "object" || given === null) return null;
  const { code, actual, tellSender, moveToJunk, unsubscribe } = given as Readonly<Record<string, unknown>>;
  const known = complaintCodes.find((entry) => entry.value === code);
  const flags = [tellSender, moveToJunk, unsubscribe];
  if (known === undefined || (actual !== null && !isText(actual, 64))) return null;
  if (!flags.every((flag) => typeof flag === "boolean")) return null;
  return {
    code: known.value,
    actual,
    tellSender: tellSender === true,
    moveToJunk: moveToJunk === true,
    unsubscribe: unsubscribe === true,
  };
}

function parse(given: Readonly<Record<string, unknown>>): RequestOf<"complaint-make"> | null {
  const mail = mailRequest(given);
  const order = parseOrder(given["order"]);
  return mail === null || order === null ? null : { ...mail, order };
}

async function report(background: Background, desk: Desk, order: ComplaintOrder): Promise<KeptComplaint | string> {
  const { platform } = background;
  const { code, actual, tellSender } = order;
  const made = await makeComplaint(desk.desk, { ref: desk.ref, code, actual, tellSender });
  if (!made.ok) {
    await heedRefusal(background, desk, made.code);
    return made.code;
  }
  const state = desk.desk.token === null ? ("local" as const) : ("pending" as const);
  const { id, undo, undoUntil } = made.value;
  const { accountId, ref } = desk;
  return { ref, accountId, code, actual, at: platform.now(), id, undo, undoUntil, state, moved: false };
}

/** False where the secret that takes it back can't be kept, in a storage that is full: the report was taken all the same. */
async function keep(platform: Platform, complaint: KeptComplaint): Promise<boolean> {
  try {
    await writeComplaint(platform, complaint);
    return true;
  } catch (error) {
    platform.failed(error);
    return false;
  }
}

/** What the reader ticked beside the report; done only after the report was taken, or where nobody takes it. */
async function alongside(platform: Platform, current: ShownMail, order: ComplaintOrder): Promise<boolean> {
  const url = current.record.verdict.complaint.unsubscribe;
  if (order.unsubscribe && url !== null) await unsubscribe(platform.fetch, url);
  if (!order.moveToJunk || current.handle === null || platform.moveToJunk === null) return false;
  return await platform.moveToJunk(current.handle);
}

export function complaintMake(background: Background): Handler<"complaint-make"> {
  const { platform } = background;
  /** By mail: a panel that was closed and opened again knows nothing of what is on its way. */
  const underWay = new Map<string, Promise<ComplaintState>>();

  async function make({ tabId, key, order }: RequestOf<"complaint-make">): Promise<ComplaintState> {
    const current = await background.current(tabId);
    if (current.kind !== "mail" || current.key !== key) return { kind: "failed", code: "mail/gone" };
    const desk = await deskFor(background, current.record);
    const reported = desk === null ? null : await report(background, desk, order);
    if (typeof reported === "string") return { kind: "failed", code: reported };
    if (reported === null) {
      await alongside(platform, current, order);
      return { kind: "none" };
    }
    const isKept = await keep(platform, reported);
    // What goes wrong from here on, with a server that is offline for instance, does not make it "not reported".
    const moved = await alongside(platform, current, order).catch((error: unknown) => {
      platform.failed(error);
      return false;
    });
    if (isKept && moved) await keep(platform, { ...reported, moved });
    return keptState({ ...reported, undoUntil: isKept ? reported.undoUntil : 0 }, platform.now());
  }

  return {
    from: ["page"],
    parse,
    async handle(request): Promise<ComplaintState> {
      const running = underWay.get(request.key);
      if (running !== undefined) return await running;
      const started = make(request).finally(() => underWay.delete(request.key));
      underWay.set(request.key, started);
      return await started;
    },
  };
}
