// Packets: framing, streamed bodies, hostile lengths.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatPacket, type Packet, PacketReader } from "../../../bridge/milter/packet.ts";
import { commands } from "../../../bridge/milter/protocol.ts";

type Got = { command: number; text: string };

/** Reads everything at hand; body pieces are joined to one. */
function readAll(reader: PacketReader, got: Got[], open: { body: string }): string | null {
  for (;;) {
    const packet = reader.next();
    if (packet === null) return null;
    if ("ok" in packet) return packet.code;
    collect(packet, got, open, reader.midBody);
  }
}

function collect(packet: Packet, got: Got[], open: { body: string }, more: boolean): void {
  if (packet.body === null) {
    got.push({ command: packet.command, text: packet.text });
    return;
  }
  open.body += Buffer.from(packet.body).toString("latin1");
  if (more) return;
  got.push({ command: packet.command, text: open.body });
  open.body = "";
}

function readCut(bytes: Buffer, cuts: readonly number[]): Got[] {
  const reader = new PacketReader();
  const got: Got[] = [];
  const open = { body: "" };
  let start = 0;
  for (const end of [...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b), bytes.length]) {
    reader.push(bytes.subarray(start, end));
    expect(readAll(reader, got, open)).toBe(null);
    start = end;
  }
  expect(reader.partial).toBe(false);
  return got;
}

const byteString = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString("latin1"));

describe("packets", () => {
  test("come out as they went in, wherever the stream is cut", () => {
    // Macros of fields and bodies are passed over.
    const text = byteString.map((bytes) => bytes.replace(/^[LBN]/, "x"));
    const packet = fc.record({ command: fc.constantFrom(...Object.values(commands)), text });
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 12 }), fc.array(fc.nat(2_000), { maxLength: 20 }), (packets, cuts) => {
        const bytes = Buffer.from(packets.map(({ command, text }) => formatPacket(command, text)).join(""), "latin1");
        expect(readCut(bytes, cuts)).toEqual(packets);
      }),
    );
  });

  test("macros that come with fields and bodies are passed over", () => {
    const macros = ["L", "B", "N", "M"].map((stage) => formatPacket(commands.macros, `${stage}i\x004QX1\0`));
    const bytes = Buffer.from(macros.join(""), "latin1");
    expect(readCut(bytes, [3, 9, 30])).toEqual([{ command: commands.macros, text: "Mi\x004QX1\0" }]);
  });

  test("macros that are passed over take no room, however many come at once", () => {
    const reader = new PacketReader();
    reader.push(
      Buffer.from(formatPacket(commands.macros, "L").repeat(40_000) + formatPacket(commands.abort, ""), "latin1"),
    );
    expect(reader.next()).toEqual({ command: commands.abort, text: "", body: null });
  });

  test("a macro packet without a command is not judged by what comes after it", () => {
    const reader = new PacketReader();
    reader.push(Buffer.from(`${formatPacket(commands.macros, "")}L`, "latin1"));
    expect(reader.next()).toEqual({ command: commands.macros, text: "", body: null });
  });

  test("one octet at a time", () => {
    const bytes = Buffer.from(
      formatPacket(commands.helo, "a.example\0") + formatPacket(commands.body, "x".repeat(9)),
      "latin1",
    );
    expect(readCut(bytes, [...bytes.keys()])).toEqual([
      { command: commands.helo, text: "a.example\0" },
      { command: commands.body, text: "x".repeat(9) },
    ]);
  });

  const lengths = [
    { name: "an empty packet has no command", input: "\0\0\0\0A", want: "milter/length" },
    {
      name: "a length above the cap is refused before anything is kept",
      input: "\x00\x10\x00\x01L",
      want: "milter/length",
    },
    { name: "the largest 32-bit length", input: "\xff\xff\xff\xffB", want: "milter/length" },
    { name: "a packet that is not whole yet waits", input: "\0\0\0\x09Lab", want: null },
    { name: "half a length waits", input: "\0\0", want: null },
  ];
  test.each(lengths)("$name", ({ input, want }) => {
    const reader = new PacketReader();
    reader.push(Buffer.from(input, "latin1"));
    expect(readAll(reader, [], { body: "" })).toBe(want);
  });

  test("arbitrary octets never throw", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 20 }), (chunks) => {
        const reader = new PacketReader(1_000);
        for (const chunk of chunks) {
          reader.push(Buffer.from(chunk));
          if (readAll(reader, [], { body: "" }) !== null) return;
        }
      }),
    );
  });

  test("a body is handed on before its packet is whole", () => {
    const reader = new PacketReader();
    reader.push(Buffer.from(formatPacket(commands.body, "y".repeat(50_000)).slice(0, 1_000), "latin1"));
    const packet = reader.next();
    expect(packet).toMatchObject({ command: commands.body });
    expect(packet !== null && "body" in packet ? packet.body?.length : 0).toBe(995);
    expect(reader.midBody).toBe(true);
    expect(reader.next()).toBe(null);
    expect(reader.partial).toBe(true);
  });
});
