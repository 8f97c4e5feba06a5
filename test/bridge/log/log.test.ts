import { describe, expect, test, vi } from "vitest";
import { createLog, type LogLevel } from "../../../bridge/log/log.ts";

function lines(level: LogLevel, job: (log: ReturnType<typeof createLog>) => void): Record<string, unknown>[] {
  const written: Record<string, unknown>[] = [];
  job(createLog(level, { write: (line) => void written.push(JSON.parse(line) as Record<string, unknown>) }));
  return written;
}

const facts = {
  queueId: "4ABC",
  from: "Alice@example.org",
  recipients: ["bob@example.net", "carol@example.net"],
  login: "",
  count: 3,
  client: { address: "bob@example.net", port: 25 },
};

describe("log", () => {
  test("at info nobody is named, yet lines of one address can be joined", () => {
    const written = lines("info", (log) => {
      log.info(facts, "mail");
      log.info({ sender: "alice@example.org" }, "again");
      log.warn({ err: new Error("boom") }, "failed");
    });
    const [mail, again, failed] = written;
    expect(JSON.stringify(written)).not.toMatch(/alice|bob|carol/i);
    expect(mail).toMatchObject({
      level: "info",
      msg: "mail",
      queueId: "4ABC",
      count: 3,
      login: "",
      client: { port: 25 },
    });
    expect(mail?.["from"]).toMatch(/^#[0-9a-f]{10}$/);
    expect(again?.["sender"]).toBe(mail?.["from"]);
    expect(mail?.["recipients"]).toHaveLength(2);
    expect(failed?.["err"]).toMatchObject({ message: "boom" });
  });

  test("each line has its time, whatever was set meanwhile", () => {
    const times = [
      "2026-11-29T12:10:22.000Z",
      "2026-11-29T12:10:22.007Z",
      "2026-11-29T12:10:22.070Z",
      "2026-11-29T12:10:22.999Z",
      "2026-11-29T12:10:23.010Z",
      "2025-12-31T23:59:59.100Z",
    ];
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      const written = lines("info", (log) => {
        for (const time of times) {
          vi.setSystemTime(new Date(time));
          log.info({}, "mail");
        }
      });
      expect(written.map((line) => line["time"])).toEqual(times);
    } finally {
      vi.useRealTimers();
    }
  });

  test("at debug addresses stand as they are", () => {
    const [mail] = lines("debug", (log) => log.info(facts, "mail"));
    expect(mail).toMatchObject(facts);
  });

  test("another run gives other digests", () => {
    const digest = (): unknown => lines("info", (log) => log.info({ to: "a@b.example" }, ""))[0]?.["to"];
    expect(digest()).not.toBe(digest());
  });
});
