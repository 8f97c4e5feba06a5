// One question to one DNS server: UDP first, TCP where the answer was cut (RFC 1035, RFC 7766), with EDNS (RFC 6891) and
// the AD bit asked for (RFC 6840 section 5.7). Who else could answer in the server's place has to guess a random id and a
// random source port (RFC 5452 section 9). Interpreting the answer is answer.ts's job.
import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import * as packet from "dns-packet";
import { temp, type Failure, type Result, ok } from "../../shared/result.ts";

/** Where a resolver listens. */
export interface DnsServer {
  readonly address: string;
  readonly port: number;
}

/** The record types the bridge asks for. */
export type QuestionType = "TXT" | "A" | "AAAA";

export interface Question {
  /** Lower-case, without the final dot. */
  readonly name: string;
  readonly type: QuestionType;
}

/** What fits one unfragmented datagram everywhere (RFC 9715 section 3.1's recommendation of 1,400 less its margin: DNS flag day 2020). */
const udpPayloadBytes = 1_232;

/** Tries over UDP; the waiting time is divided among them. */
const udpTries = 2;

function encodeQuery(question: Question, id: number): packet.Packet {
  return {
    type: "query",
    id,
    flags: packet.RECURSION_DESIRED | packet.AUTHENTIC_DATA,
    questions: [{ type: question.type, name: question.name, class: "IN" }],
    additionals: [
      {
        type: "OPT",
        name: ".",
        udpPayloadSize: udpPayloadBytes,
        extendedRcode: 0,
        ednsVersion: 0,
        flags: 0,
        flag_do: false,
        options: [],
      },
    ],
  };
}

/** Octets of a header (RFC 1035 section 4.1.1), and of the shortest question and record: a root name and what follows it. */
const headerBytes = 12;
const leastQuestionBytes = 5;
const leastRecordBytes = 11;

/** Whether as many records as the header counts can stand in these octets. dns-packet makes them all, one over another. */
function countsFit(data: Buffer): boolean {
  if (data.length < headerBytes) return false;
  const [questions = 0, ...records] = [4, 6, 8, 10].map((at) => data.readUInt16BE(at));
  const least = records.reduce((sum, count) => sum + count * leastRecordBytes, questions * leastQuestionBytes);
  return headerBytes + least <= data.length;
}

/** The decoded answer if it answers this very question, else null: then it is somebody else's and waiting goes on. */
export function decodeAnswer(data: Buffer, question: Question, id: number): packet.DecodedPacket | null {
  if (!countsFit(data)) return null;
  let answer: packet.DecodedPacket;
  try {
    answer = packet.decode(data);
  } catch {
    // dns-packet throws on every kind of malformed message.
    return null;
  }
  const asked = answer.questions?.[0];
  const fits =
    answer.flag_qr &&
    answer.id === id &&
    answer.questions?.length === 1 &&
    asked?.type === question.type &&
    asked.name.toLowerCase() === question.name;
  return fits ? answer : null;
}

function askUdp(server: DnsServer, question: Question, timeoutMs: number): Promise<Result<packet.DecodedPacket>> {
  const id = randomInt(0x1_0000);
  const socket = createSocket(server.address.includes(":") ? "udp6" : "udp4");
  return new Promise((resolve) => {
    const finish = (result: Result<packet.DecodedPacket>): void => {
      clearTimeout(timer);
      socket.removeAllListeners();
      socket.on("error", () => undefined);
      socket.close();
      resolve(result);
    };
    const timer = setTimeout(() => finish(temp("dns/timeout", `${question.type} ${question.name}`)), timeoutMs);
    socket.on("error", (error) => finish(unreachable(server, error)));
    socket.on("message", (data) => {
      const answer = decodeAnswer(data, question, id);
      if (answer !== null) finish(ok(answer));
    });
    // Connected: the kernel drops datagrams from anybody but the server, and tells when nobody listens there.
    socket.connect(server.port, server.address, () => socket.send(packet.encode(encodeQuery(question, id))));
  });
}

function askTcp(server: DnsServer, question: Question, timeoutMs: number): Promise<Result<packet.DecodedPacket>> {
  const id = randomInt(0x1_0000);
  const socket = connect({ host: server.address, port: server.port });
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    const finish = (result: Result<packet.DecodedPacket>): void => {
      clearTimeout(timer);
      socket.removeAllListeners();
      socket.on("error", () => undefined);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => finish(temp("dns/timeout", `${question.type} ${question.name} (TCP)`)), timeoutMs);
    socket.on("error", (error) => finish(unreachable(server, error)));
    socket.on("end", () => finish(temp("dns/malformed", `${question.name}: the TCP answer ended early`)));
    socket.on("connect", () => socket.write(packet.streamEncode(encodeQuery(question, id))));
    socket.on("data", (chunk) => {
      // Two octets of length (RFC 1035 section 4.2.2): never more than 65,537 are kept.
      received = Buffer.concat([received, chunk]);
      const length = received.length >= 2 ? received.readUInt16BE(0) : null;
      if (length === null || received.length < length + 2) return;
      const answer = decodeAnswer(received.subarray(2, length + 2), question, id);
      finish(answer === null ? temp("dns/malformed", `${question.name}: the TCP answer is malformed`) : ok(answer));
    });
  });
}

function unreachable(server: DnsServer, error: Error): Failure {
  return temp("dns/unreachable", `${server.address} port ${server.port}: ${error.message}`);
}

/**
 * Asks and returns the decoded answer, whatever its response code.
 * Temporary failures: dns/timeout, dns/unreachable, dns/malformed. Ends within `timeoutMs`, TCP included.
 */
export async function exchange(
  server: DnsServer,
  question: Question,
  timeoutMs: number,
): Promise<Result<packet.DecodedPacket>> {
  const deadline = performance.now() + timeoutMs;
  for (let tried = 1; ; tried += 1) {
    const answer = await askUdp(server, question, Math.ceil(timeoutMs / (udpTries + 1)));
    if (answer.ok && answer.value.flag_tc) {
      return askTcp(server, question, Math.max(1, Math.ceil(deadline - performance.now())));
    }
    const again = !answer.ok && answer.code === "dns/timeout" && tried < udpTries;
    if (!again) return answer;
  }
}
