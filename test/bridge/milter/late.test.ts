// What comes too late, or never to an end: an answer of ours that the MTA no longer waits for, a packet that trickles, an
// MTA that reads nothing. The mails after it, and those of others, are none the worse.
import { afterEach, describe, expect, test, vi } from "vitest";
import { commands } from "../../../bridge/milter/protocol.ts";
import { formatPacket } from "../../../bridge/milter/packet.ts";
import type { Outcome } from "../../../bridge/pipeline/mail.ts";
import { limits } from "../../../shared/limits.ts";
import { Mta } from "./mta.ts";
import { accepted, begin, greet, milterDesk, send } from "./serving.ts";

const desk = milterDesk();
const { serve, seen, logged, counted } = desk;

/** Long enough for any answer that is not held back, on a busy machine. */
const times = { answerMs: 2_000 } as const;
const gaveUp = /^y451 4\.3\.0 /;

/** An answer of a passage that a test holds back. */
interface Held<T> {
  readonly answer: Promise<T>;
  give: (value: T) => void;
}

function held<T>(): Held<T> {
  const { promise, resolve } = Promise.withResolvers<T>();
  return { answer: promise, give: resolve };
}

/** Lets what is settled have its effect, in this process and on the socket. */
async function effects(): Promise<void> {
  for (let turns = 0; turns < 20; turns += 1) await new Promise((resolve) => setImmediate(resolve));
}

const told = (reply: string): Outcome => ({
  action: "reject",
  reply: { code: 550, enhanced: "5.7.1", text: reply },
  edits: [],
});
const sealing: Outcome = { ...accepted, edits: [{ kind: "insert", index: 0, name: "Hop-Signal", value: " v=1" }] };

describe("an end that is found out after the mail has been put off", () => {
  const moments = ["before the next mail", "within the next mail", "while the next one's end is worked on"] as const;
  const lates: readonly { name: string; give: (late: Held<Outcome>) => void }[] = [
    { name: "accepted", give: (late) => late.give(sealing) },
    { name: "with another body", give: (late) => late.give({ ...accepted, body: Buffer.from("late") }) },
    { name: "a bug", give: (late) => late.give(Promise.reject(new Error("late")) as unknown as Outcome) },
    { name: "of a form that is none", give: (late) => late.give({ ...sealing, edits: [{ ...seal, name: "" }] }) },
  ];
  const seal = { kind: "insert", index: 0, name: "Hop-Signal", value: " v=1" } as const;
  type Case = (typeof lates)[number] & { readonly moment: (typeof moments)[number] };

  /** One connection: a mail that takes too long, and two that do not. */
  async function play(address: string | number, ends: Map<string, Held<Outcome>>, one: Case): Promise<void> {
    const { name, moment, give } = one;
    const says = `${name}, ${moment}`;
    const [first, second, third] = ["1", "2", "3"].map((mail) => {
      const end = held<Outcome>();
      ends.set(`${says} ${mail}`, end);
      return end;
    });
    const mta = await Mta.open(address);
    await greet(mta);
    expect(await send(mta, `${says} 1`), says).toMatch(gaveUp);
    const comes = async (now: Case["moment"]): Promise<void> => {
      if (now !== moment || first === undefined) return;
      give(first);
      await effects();
    };
    await comes("before the next mail");
    await begin(mta, `${says} 2`);
    await comes("within the next mail");
    const answers = mta.end();
    await vi.waitFor(() => expect(seen.map(({ queueId }) => queueId)).toContain(`${says} 2`));
    // The next one's sender waits for nothing: what he says is read once its answer is there.
    mta.send(commands.abort);
    await comes("while the next one's end is worked on");
    second?.give(told("second"));
    expect(await answers, says).toEqual([{ letter: "y", text: "550 5.7.1 second\0" }]);
    third?.give(told("third"));
    expect(await send(mta, `${says} 3`), says).toBe("y550 5.7.1 third\0");
    mta.close();
  }

  test("nobody is told, whenever it is and whatever it came to", async () => {
    const ends = new Map<string, Held<Outcome>>();
    const end = async (queueId: string | null): Promise<Outcome> => (await ends.get(queueId ?? "")?.answer) ?? accepted;
    const address = await serve({ end }, { times, newBody: true });
    const cases = moments.flatMap((moment) => lates.map((late) => ({ ...late, moment })));
    await Promise.all(cases.map((one) => play(address, ends, one)));
    expect(seen).toHaveLength(3 * cases.length);
    expect(seen.filter(({ body }) => body !== "hello\r\n")).toEqual([]);
    // Each that took too long, once.
    expect(logged.map(({ message }) => message)).toEqual(cases.map(() => "a mail could not be looked at"));
    expect(counted).toEqual(cases.map(() => "failures"));
  });
});

test("a recipient that is decided too late is taken, his mail put off, and the next one has its own recipients", async () => {
  const late = held<{ code: number; enhanced: string; text: string } | null>();
  const recipient = (): Promise<typeof refusal | null> | null => (seen.length === 1 ? late.answer : null);
  const refusal = { code: 452, enhanced: "4.5.3", text: "late" };
  const end = async (): Promise<Outcome> => told("second");
  const mta = await Mta.open(await serve({ recipient, end }, { times }));
  await greet(mta);
  expect(await send(mta)).toMatch(gaveUp);
  late.give(refusal);
  await effects();
  expect(await send(mta)).toBe("y550 5.7.1 second\0");
  expect(seen[1]).toMatchObject({ recipients: ["bob@example.test"], done: true });
  expect(logged.filter(({ level }) => level === "error")).toHaveLength(1);
  mta.close();
});

test("a recipient that is decided too late is not answered where nobody waits for it: that would accept his mail", async () => {
  const recipient = (): Promise<null> | null => (seen.length === 1 ? held<null>().answer : null);
  const mta = await Mta.open(await serve({ recipient }, { times, recipientsDiffer: () => false }));
  await greet(mta);
  expect(await send(mta)).toMatch(gaveUp);
  expect(await send(mta)).toBe("c");
  mta.close();
});

describe("a recipient that takes a while", () => {
  test("where the MTA waits for his answer, it hears that we are still at work", async () => {
    const late = held<null>();
    const mta = await Mta.open(await serve({ recipient: () => late.answer }, { times: { progressMs: 1 } }));
    await greet(mta);
    await mta.mail("<alice@sender.test>");
    expect(await mta.recipient("<bob@example.test>")).toEqual({ letter: "p", text: "" });
    mta.close();
  });

  test("where it does not, it hears nothing before the mail's end", async () => {
    const late = held<null>();
    const setup = { times: { progressMs: 1 }, recipientsDiffer: () => false };
    const mta = await Mta.open(await serve({ recipient: () => late.answer }, setup));
    await greet(mta);
    const answers = send(mta);
    // Two ticks of the server's.
    await new Promise((wake) => setTimeout(wake, 1_100));
    late.give(null);
    expect(await answers).toBe("c");
    mta.close();
  });
});

test("a body that the MTA does not read in time ends with the delay, and nothing of it comes behind that", async () => {
  const body = Buffer.alloc(8_000_000, "0123456789abcde\n");
  const release = vi.fn();
  const ends: Outcome[] = [{ ...accepted, body, release }, told("second")];
  const end = async (): Promise<Outcome> => ends.shift() ?? accepted;
  const mta = await Mta.open(await serve({ end }, { times, newBody: true }));
  await greet(mta);
  await begin(mta);
  mta.socket.pause();
  const first = mta.end();
  await vi.waitFor(() => expect(seen[0]?.done).toBe(true));
  expect(release).not.toHaveBeenCalled();
  await vi.waitFor(() => expect(logged).toHaveLength(1), { timeout: 10_000 });
  await effects();
  expect(release).toHaveBeenCalledOnce();
  mta.socket.resume();
  const answers = await first;
  expect(answers.map(({ letter }) => letter).join("")).toMatch(/^b{1,122}y$/);
  expect(answers.at(-1)?.text).toMatch(/^451 4\.3\.0 /);
  mta.send(commands.abort);
  expect(await send(mta)).toBe("y550 5.7.1 second\0");
  mta.close();
});

test.each(["it is read", "the connection ends", "its mail was put off"])(
  "a body's memory is given back once %s",
  async (moment) => {
    const body = Buffer.alloc(8_000_000);
    const release = vi.fn();
    const late = held<Outcome>();
    const end = (): Promise<Outcome> =>
      moment === "its mail was put off" ? late.answer : Promise.resolve({ ...accepted, body, release });
    const mta = await Mta.open(await serve({ end }, { times, newBody: true }));
    await greet(mta);
    await begin(mta);
    mta.socket.pause();
    const answers = mta.end().catch(String);
    await vi.waitFor(() => expect(seen[0]?.queueId).toBe("4QX1"));
    await effects();
    expect(release).not.toHaveBeenCalled();
    if (moment === "the connection ends") mta.close();
    else mta.socket.resume();
    await answers;
    if (moment === "its mail was put off") late.give({ ...accepted, body, release });
    await vi.waitFor(() => expect(release).toHaveBeenCalledOnce());
    mta.close();
  },
);

describe("a clock that is set meanwhile", () => {
  afterEach(() => void vi.useRealTimers());
  const day = 86_400_000;

  test.each([
    { name: "forth", by: day },
    { name: "back", by: -day },
  ])("$name: who waits goes on waiting, who trickles is cut", async ({ by }) => {
    const end = held<Outcome>();
    const address = await serve({ end: () => end.answer }, { times: { packetMs: 1_000 } });
    const [idle, slow, busy] = [await Mta.open(address), await Mta.open(address), await Mta.open(address)];
    await greet(busy);
    await begin(busy);
    const answers = busy.end();
    await vi.waitFor(() => expect(seen[0]?.queueId).toBe("4QX1"));
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + by });
    slow.raw("\0\0\0\x20L");
    await slow.ended();
    expect(logged).toMatchObject([{ facts: { code: "milter/timeout" } }]);
    end.give(accepted);
    expect((await answers).at(-1)).toEqual({ letter: "c", text: "" });
    await greet(idle);
    expect(await send(idle)).toBe("c");
    for (const mta of [idle, busy]) mta.close();
  });
});

describe("an MTA that never ends", () => {
  let drip: NodeJS.Timeout | undefined;
  afterEach(() => clearInterval(drip));

  test.each([
    { name: "a command", packet: formatPacket(commands.helo, "x".repeat(10_000)), before: "" },
    { name: "a body's piece", packet: formatPacket(commands.body, "x".repeat(10_000)), before: "M<a@b>\0" },
    { name: "a length", packet: "\0\0\0", before: "" },
  ])("$name, an octet now and then: it is cut, and no other", async ({ packet, before }) => {
    const address = await serve({}, { times: { packetMs: 1_000 } });
    const other = await Mta.open(address);
    await greet(other);
    const mta = await Mta.open(address);
    if (before !== "") mta.send(before.charCodeAt(0), before.slice(1));
    const octets = packet[Symbol.iterator]();
    drip = setInterval(() => mta.raw(octets.next().value ?? ""), 50);
    await mta.ended();
    expect(logged).toMatchObject([{ level: "warn", facts: { code: "milter/timeout" } }]);
    expect(await send(other)).toBe("c");
    other.close();
  });

  test("asks and never reads: it is cut, and no other", async () => {
    const value = ` ${"x".repeat(60_000)}`;
    const end = async (): Promise<Outcome> => ({
      ...accepted,
      edits: [{ kind: "insert", index: 0, name: "A", value }],
    });
    const address = await serve({ end }, { recipientsDiffer: () => false });
    const other = await Mta.open(address);
    await greet(other);
    const mta = await Mta.open(address);
    mta.socket.pause();
    const mail = formatPacket(commands.mail, "<a@b>\0") + formatPacket(commands.endOfMessage, "");
    // What the kernel keeps for it does not count; what we keep does.
    const mails = Math.ceil((4 * limits.milterUnreadBytes) / value.length);
    mta.raw(mail.repeat(mails));
    const closed = new Promise((resolve) => mta.socket.once("close", resolve));
    await vi.waitFor(() => expect(logged).toMatchObject([{ level: "warn", facts: { code: "milter/unread" } }]), {
      timeout: 10_000,
    });
    mta.socket.resume();
    await closed;
    expect(await send(other)).toMatch(/^i.*\|c$/s);
    other.close();
  });

  test("holds every connection there may be: the next is closed at once and told of, and those that are there serve", async () => {
    const address = await serve({});
    const all: Mta[] = [];
    // By hundreds: a socket's queue of connections is no longer than the system says.
    while (all.length < limits.milterConnections) {
      all.push(...(await Promise.all(Array.from({ length: 100 }, async () => await Mta.open(address)))));
    }
    const over = await Mta.dial(address);
    await over.ended();
    expect(logged).toMatchObject([{ level: "warn", facts: { limit: limits.milterConnections } }]);
    const [one, ...rest] = all;
    if (one === undefined) throw new Error("no connection");
    await greet(one);
    expect(await send(one)).toBe("c");
    rest[0]?.close();
    await vi.waitFor(async () => (await Mta.open(address)).close(), { timeout: 5_000 });
    for (const mta of all) mta.close();
  });
});
