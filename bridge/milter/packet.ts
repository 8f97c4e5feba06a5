// Packets of the milter protocol: a stream of octets in, commands out. Length (4 octets, network order, counts what
// follows), one octet of command, payload. Payloads are byte strings, so that names, ports and NULs are plain indexing;
// only bodies stay octets and are handed on piece by piece as they come in, never collected.
import { limits } from "../../shared/limits.ts";
import { type Failure, perm } from "../../shared/result.ts";
import { commands } from "./protocol.ts";

/** One command; of a body's packet, one piece. */
export interface Packet {
  readonly command: number;
  /** The payload; "" for a body. */
  readonly text: string;
  /** A piece of a body, valid until the next call of the reader; null for every other command. */
  readonly body: Uint8Array | null;
}

const headBytes = 5;

const nothing: Buffer = Buffer.alloc(0);

/** Macros that tell nothing we ask for (session.ts) are passed over unread: of each recipient, field and piece of a body. */
const toldInVain: ReadonlySet<number> = new Set([
  commands.recipient,
  commands.header,
  commands.body,
  commands.endOfHeader,
]);

/** One packet as a byte string, to be written as latin1. */
export function formatPacket(command: number, payload: string): string {
  return formatLong(payload.length + 1) + String.fromCharCode(command) + payload;
}

/** A 32-bit number in network order, as a byte string. */
export function formatLong(value: number): string {
  return String.fromCharCode((value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

/** Takes a stream apart. Buffers at most twice what was received of one packet, whatever length the peer claims. */
export class PacketReader {
  readonly #maxBytes: number;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  /** Octets at hand: `#buffer[#start … #end]`. `#owned`: ours to append to, not the socket's. */
  #buffer = nothing;
  #start = 0;
  #end = 0;
  #owned = false;
  #bodyLeft = 0;

  constructor(maxBytes: number = limits.milterPacketBytes) {
    this.#maxBytes = maxBytes;
  }

  /** Adds received octets; the reader keeps the buffer until it is read. */
  push(chunk: Buffer): void {
    if (this.waitingBytes === 0) return this.#take(chunk);
    this.#queue.push(chunk);
    this.#queuedBytes += chunk.length;
  }

  /** Octets received and not yet read. */
  get waitingBytes(): number {
    return this.#queuedBytes + this.#end - this.#start;
  }

  /** Whether a packet has begun and its end is still to come (call when `next` answered null). */
  get partial(): boolean {
    return this.#bodyLeft > 0 || this.waitingBytes > 0;
  }

  /** Whether the piece of a body last read was not its packet's last. */
  get midBody(): boolean {
    return this.#bodyLeft > 0;
  }

  /** The next packet, or null when more octets are needed first. After a failure the stream cannot be followed any more. */
  next(): Packet | Failure | null {
    if (this.#bodyLeft > 0) return this.#bodyPiece();
    for (;;) {
      if (!this.#gather(headBytes)) return null;
      const length = this.#buffer.readUInt32BE(this.#start);
      if (length < 1 || length > this.#maxBytes) return perm("milter/length", `a packet of ${length} octets`);
      const command = this.#buffer[this.#start + 4] ?? 0;
      if (command === commands.body && length > 1) {
        this.#start += headBytes;
        this.#bodyLeft = length - 1;
        return this.#bodyPiece();
      }
      if (!this.#gather(length + 4)) return null;
      const at = this.#start + headBytes;
      this.#start += 4 + length;
      if (command === commands.macros && length > 1 && toldInVain.has(this.#buffer[at] ?? 0)) continue;
      return { command, text: this.#buffer.toString("latin1", at, this.#start), body: null };
    }
  }

  #bodyPiece(): Packet | null {
    if (!this.#gather(1)) return null;
    const end = Math.min(this.#end, this.#start + this.#bodyLeft);
    const body = this.#buffer.subarray(this.#start, end);
    this.#bodyLeft -= body.length;
    this.#start = end;
    return { command: commands.body, text: "", body };
  }

  /** Makes `bytes` octets stand together at `#start`, if as many have come. */
  #gather(bytes: number): boolean {
    while (this.#end - this.#start < bytes) {
      const chunk = this.#queue.shift();
      if (chunk === undefined) return false;
      this.#queuedBytes -= chunk.length;
      if (this.#start === this.#end) this.#take(chunk);
      else this.#append(chunk);
    }
    return true;
  }

  #take(chunk: Buffer): void {
    this.#buffer = chunk;
    this.#start = 0;
    this.#end = chunk.length;
    this.#owned = false;
  }

  #append(chunk: Buffer): void {
    const held = this.#end - this.#start;
    if (!this.#owned || this.#end + chunk.length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * held, held + chunk.length));
      this.#buffer.copy(larger, 0, this.#start, this.#end);
      this.#buffer = larger;
      this.#start = 0;
      this.#end = held;
      this.#owned = true;
    }
    chunk.copy(this.#buffer, this.#end);
    this.#end += chunk.length;
  }
}
