import { describe, expect, test } from "vitest";
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

  test("at debug addresses stand as they are", () => {
    const [mail] = lines("debug", (log) => log.info(facts, "mail"));
    expect(mail).toMatchObject(facts);
  });

  test("another run gives other digests", () => {
    const digest = (): unknown => lines("info", (log) => log.info({ to: "a@b.example" }, ""))[0]?.["to"];
    expect(digest()).not.toBe(digest());
  });
});
