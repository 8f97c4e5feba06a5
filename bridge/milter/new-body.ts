// A body in place of the mail's own (SMFIR_REPLBODY), in pieces, as fast as the MTA reads.
import type { Socket } from "node:net";
import { formatPacket } from "./packet.ts";
import { responses } from "./protocol.ts";

/** libmilter's MILTER_CHUNK_SIZE: more is not taken at once. */
const pieceBytes = 65_535;

async function drained(socket: Socket): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      socket.off("drain", done);
      socket.off("close", done);
      resolve();
    };
    socket.on("drain", done);
    socket.on("close", done);
  });
}

/** Writes it. Ends early where the connection has, or where `wanted` says that the mail has its answer already. */
export async function writeBody(socket: Socket, body: Uint8Array, wanted: () => boolean): Promise<void> {
  const octets = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  for (let at = 0; at < octets.length && wanted() && !socket.destroyed; at += pieceBytes) {
    const piece = octets.toString("latin1", at, Math.min(at + pieceBytes, octets.length));
    if (!socket.write(formatPacket(responses.replaceBody, piece), "latin1")) await drained(socket);
  }
}
