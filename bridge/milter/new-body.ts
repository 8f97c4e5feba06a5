// A body in place of the mail's own (SMFIR_REPLBODY), in pieces, as fast as the MTA reads.
import type { Socket } from "node:net";
import { formatPacket } from "./packet.ts";
import { responses } from "./protocol.ts";

/** libmilter's MILTER_CHUNK_SIZE: more is not taken at once. */
const pieceBytes = 65_535;

async function drained(socket: Socket, givenUp: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      socket.off("drain", done);
      socket.off("close", done);
      givenUp.removeEventListener("abort", done);
      resolve();
    };
    socket.on("drain", done);
    socket.on("close", done);
    givenUp.addEventListener("abort", done);
  });
}

/** Writes it. Ends early where the connection has, or where the mail has been given up: it has its answer already. */
export async function writeBody(socket: Socket, body: Uint8Array, givenUp: AbortSignal): Promise<void> {
  const octets = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  for (let at = 0; at < octets.length && !givenUp.aborted && !socket.destroyed; at += pieceBytes) {
    const piece = octets.toString("latin1", at, Math.min(at + pieceBytes, octets.length));
    if (!socket.write(formatPacket(responses.replaceBody, piece), "latin1")) await drained(socket, givenUp);
  }
}
