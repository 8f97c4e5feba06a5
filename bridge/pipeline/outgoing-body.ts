// The body of a mail that goes out: hashed while it streams by, and kept where the mail may have to be made 7-bit before it
// is signed (shared/mime/seven-bit.ts). What is larger than may be kept is signed if it is 7-bit as it is; the labels of
// its parts are then not looked at.
import { BodyForm } from "../../shared/header/body-form.ts";
import type { HeaderField } from "../../shared/header/field.ts";
import { PartEnds } from "../../shared/header/part-ends.ts";
import { limits } from "../../shared/limits.ts";
import { makeSevenBit, type SevenBitMail } from "../../shared/mime/seven-bit.ts";
import { ok, perm, type Result, temp } from "../../shared/result.ts";
import { BodyHash } from "./body-hash.ts";

/** The memory that all bodies kept at one time share, those that come in and those that leave in their place. */
export class BodyRoom {
  #bytes: number;

  constructor(bytes: number = limits.sevenBitTotalBytes) {
    this.#bytes = bytes;
  }

  /** Whether there was room, which is then taken. */
  take(bytes: number): boolean {
    if (bytes > this.#bytes) return false;
    this.#bytes -= bytes;
    return true;
  }

  give(bytes: number): void {
    this.#bytes += bytes;
  }
}

/** A body that leaves. */
export interface LeavingBody {
  /** SHA-256 of it, relaxed. */
  readonly hash: Uint8Array;
  /** Fields to be set, as in SevenBitMail. */
  readonly fields: SevenBitMail["fields"];
  /** What takes its place; null: it leaves as it came. */
  readonly body: Uint8Array | null;
}

/** One mail's. */
export class OutgoingBody {
  readonly #room: BodyRoom;
  readonly #hash = new BodyHash();
  readonly #form = new BodyForm();
  #parts: PartEnds | null = null;
  /** null: not kept, or not any more. */
  #pieces: Uint8Array[] | null = null;
  #keptBytes = 0;
  #why: "mime/too-large" | "mime/no-room" = "mime/too-large";

  constructor(room: BodyRoom) {
    this.#room = room;
  }

  /** Before the first octet: this mail is to be signed. `contentType`: its value, as it stands. */
  keep(contentType: string): void {
    this.#pieces = [];
    this.#parts = new PartEnds(contentType);
  }

  /** The next piece; only valid during the call. */
  update(chunk: Uint8Array): void {
    this.#form.update(chunk);
    this.#parts?.update(chunk);
    this.#hash.update(chunk);
    if (this.#pieces === null) return;
    if (this.#keptBytes + chunk.length > limits.sevenBitBytes) return this.#giveUp("mime/too-large");
    if (!this.#room.take(chunk.length)) return this.#giveUp("mime/no-room");
    this.#keptBytes += chunk.length;
    this.#pieces.push(chunk.slice());
  }

  #giveUp(why: "mime/too-large" | "mime/no-room"): void {
    this.#why = why;
    this.release();
  }

  /** Forgets what was kept. */
  release(): void {
    this.#pieces = null;
    this.#room.give(this.#keptBytes);
    this.#keptBytes = 0;
  }

  /**
   * The body as it may be signed; once, at its end. Fails as makeSevenBit does; permanently with mime/hidden-parts where
   * everybody would call it broken, and with mime/too-large, for now with mime/no-room, where it was not kept and is not
   * 7-bit.
   */
  leaving(fields: readonly HeaderField[], utf8: boolean): Result<LeavingBody> {
    const { sevenBit } = this.#form;
    const kept = this.#pieces;
    if (this.#parts?.end() === true) {
      this.release();
      return perm("mime/hidden-parts", "who reads it decides where parts begin");
    }
    if (kept === null) {
      if (sevenBit) return ok(this.#asItCame([]));
      const detail = "not 7-bit, and not kept to be made so";
      return this.#why === "mime/no-room" ? temp(this.#why, detail) : perm(this.#why, detail);
    }
    const body = Buffer.concat(kept, this.#keptBytes).toString("latin1");
    this.release();
    const made = makeSevenBit({ fields, body, sevenBit, utf8 });
    if (!made.ok) return made;
    if (made.value === null || made.value.body === body) return ok(this.#asItCame(made.value?.fields ?? []));
    const octets = Buffer.from(made.value.body, "latin1");
    // Until the MTA has read it, however slowly.
    if (!this.#room.take(octets.length)) return temp("mime/no-room", "no room for what was made of it");
    this.#keptBytes = octets.length;
    const hash = new BodyHash();
    hash.update(octets);
    return ok({ hash: hash.digest(), fields: made.value.fields, body: octets });
  }

  /** The body that leaves is another's now, who says when it is gone. */
  handOver(): () => void {
    let bytes = this.#keptBytes;
    this.#keptBytes = 0;
    return () => {
      this.#room.give(bytes);
      bytes = 0;
    };
  }

  #asItCame(fields: SevenBitMail["fields"]): LeavingBody {
    return { hash: this.#hash.digest(), fields, body: null };
  }
}
