// The milter server behind relays that make one mistake each with what an MTA sends, for the test that shows that the
// fuzzer notices when a passage is not told all that was sent.
import { createServer, connect } from "node:net";
import { join } from "node:path";
import { formatPacket } from "../../../bridge/milter/packet.ts";
import { commands } from "../../../bridge/milter/protocol.ts";
import type { Target } from "../target.ts";
import { milterFolder, milterPath, milterTarget } from "../targets/milter.ts";

/** Octets as they come in to octets passed on, for one connection. */
type Relay = () => (chunk: Buffer) => string;

/** The packets that are whole, and where the rest begins. */
function wholePackets(octets: Buffer): { readonly packets: Buffer[]; readonly end: number } {
  const packets: Buffer[] = [];
  let end = 0;
  while (end + 4 <= octets.length) {
    const next = end + 4 + octets.readUInt32BE(end);
    if (next > octets.length) break;
    packets.push(octets.subarray(end, next));
    end = next;
  }
  return { packets, end };
}

/** What the packet that ends a mail has of its body (SMFIC_BODYEOB) is lost. */
const lastPieceLost: Relay = () => {
  let held: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const octets = Buffer.concat([held, chunk]);
    const { packets, end } = wholePackets(octets);
    held = octets.subarray(end);
    const passed = packets.map((packet) =>
      packet[4] === commands.endOfMessage ? formatPacket(commands.endOfMessage, "") : packet.toString("latin1"),
    );
    return passed.join("");
  };
};

/** A piece of a body that comes behind the first is lost where a read ends in the middle of a packet. */
const secondPieceLost: Relay = () => {
  let held: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const mid = held.length > 5 && held[4] === commands.body;
    const octets = Buffer.concat([held, chunk]);
    const { packets, end } = wholePackets(octets);
    const [first, ...others] = packets;
    const begun = held;
    held = octets.subarray(end);
    const passed = mid && first !== undefined ? [shortened(first, begun.length - 5), ...others] : packets;
    return Buffer.concat(passed).toString("latin1");
  };
};

/** A body's packet with its first so many octets alone. */
function shortened(packet: Buffer, bytes: number): Buffer {
  return Buffer.from(formatPacket(commands.body, packet.toString("latin1", 5, 5 + bytes)), "latin1");
}

function planted(name: string, relay: Relay): Target {
  const path = join(milterFolder, `${name}.sock`);
  const open = new Set<Promise<unknown>>();
  createServer((mta) => {
    const filter = connect(milterPath);
    const pass = relay();
    mta.on("data", (chunk) => filter.write(pass(chunk), "latin1"));
    mta.on("error", () => undefined);
    mta.on("close", () => filter.end());
    filter.on("data", (chunk) => mta.write(chunk));
    filter.on("error", () => undefined);
    filter.on("close", () => mta.end());
    const closed = new Promise((resolve) => filter.on("close", resolve));
    open.add(closed);
    void closed.then(() => open.delete(closed));
  }).listen(path);
  const target = milterTarget(name, path);
  return {
    ...target,
    async run(script) {
      await target.run(script);
      // The filter has read all of it: nothing of this script is told during the next.
      await Promise.all(open);
    },
  };
}

export const targets: readonly Target[] = [
  planted("last-piece", lastPieceLost),
  planted("second-piece", secondPieceLost),
  planted("sound", () => (chunk) => chunk.toString("latin1")),
];
