// A DNS server on loopback for tests: UDP and TCP on one port, answering what a function says, well formed or not.
import { createSocket } from "node:dgram";
import { createServer, type AddressInfo, type Socket } from "node:net";
import * as packet from "dns-packet";

export interface Asked {
  readonly name: string;
  readonly type: string;
  readonly id: number;
  readonly transport: "udp" | "tcp";
  readonly fromPort: number;
  readonly query: packet.DecodedPacket;
}

/** Whole answers in order (a datagram or TCP frame each); none: silence. */
export type Answering = (asked: Asked) => readonly Buffer[];

/** An answer to what was asked. */
export function answerTo(asked: Asked, parts: Partial<packet.Packet> & { rcode?: number; flags?: number }): Buffer {
  const { rcode = 0, flags = 0, ...rest } = parts;
  return packet.encode({
    type: "response",
    id: asked.id,
    flags: packet.RECURSION_DESIRED | packet.RECURSION_AVAILABLE | flags | rcode,
    questions: asked.query.questions ?? [],
    ...rest,
  });
}

/** Starts it, on a free port where none is given. */
export async function startDnsServer(
  answering: Answering,
  wanted = 0,
): Promise<{ port: number; asked: Asked[]; stop: () => Promise<void> }> {
  const asked: Asked[] = [];
  const answer = (data: Buffer, transport: "udp" | "tcp", fromPort: number): readonly Buffer[] => {
    const query = packet.decode(data);
    const question = query.questions?.[0];
    const one: Asked = {
      name: question?.name ?? "",
      type: question?.type ?? "",
      id: query.id ?? 0,
      transport,
      fromPort,
      query,
    };
    asked.push(one);
    return answering(one);
  };
  const sockets = new Set<Socket>();
  const tcp = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      for (const whole of answer(data.subarray(2), "tcp", socket.remotePort ?? 0)) {
        const length = Buffer.alloc(2);
        length.writeUInt16BE(whole.length);
        socket.write(Buffer.concat([length, whole]));
      }
    });
  });
  await new Promise<void>((resolve) => tcp.listen(wanted, "127.0.0.1", resolve));
  const { port } = tcp.address() as AddressInfo;
  const udp = createSocket("udp4");
  udp.on("message", (data, from) => {
    for (const whole of answer(data, "udp", from.port)) udp.send(whole, from.port, from.address);
  });
  await new Promise<void>((resolve) => udp.bind(port, "127.0.0.1", resolve));
  const stop = async (): Promise<void> => {
    udp.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => tcp.close(resolve));
  };
  return { port, asked, stop };
}
