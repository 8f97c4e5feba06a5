import { describe, expect, test } from "vitest";
import { createMetrics } from "../../../bridge/metrics/metrics.ts";

describe("metrics", () => {
  test("counts by labels, asks gauges when scraped", async () => {
    const metrics = createMetrics();
    metrics.count("mails", { listener: "border", result: "pass", action: "accept" });
    metrics.count("mails", { listener: "border", result: "pass", action: "accept" });
    metrics.count("mails", { listener: "border", result: "none", action: "accept" });
    metrics.count("splits", {});
    metrics.observeMail("border", 0.003);
    metrics.gauge("reports_queued", "Reports that wait", () => Promise.resolve(7));
    const text = await metrics.text();
    expect(text).toContain('waybill_mails_total{listener="border",result="pass",action="accept"} 2');
    expect(text).toContain('waybill_mails_total{listener="border",result="none",action="accept"} 1');
    expect(text).toContain("waybill_splits_total 1");
    expect(text).toContain('waybill_mail_seconds_bucket{le="0.005",listener="border"} 1');
    expect(text).toContain("waybill_reports_queued 7");
    metrics.count("mails", { listener: "border", result: "pass", action: "accept" });
    const later = await metrics.text();
    expect(later).toContain('waybill_mails_total{listener="border",result="pass",action="accept"} 3');
    expect(later).toContain('waybill_mails_total{listener="border",result="none",action="accept"} 1');
    expect(metrics.contentType).toMatch(/^text\/plain/);
  });

  test("two bridges in one process do not mix", async () => {
    const [one, two] = [createMetrics(), createMetrics()];
    one.count("splits", {});
    expect(await two.text()).toContain("waybill_splits_total 0");
  });

  test("tells what the process takes, and watches no collection of garbage", async () => {
    const metrics = createMetrics({ process: true });
    const value = async (name: string): Promise<number> =>
      Number(new RegExp(`^waybill_${name} (.*)$`, "m").exec(await metrics.text())?.[1]);
    expect(await value("process_resident_memory_bytes")).toBeGreaterThan(10e6);
    expect(await value("process_start_time_seconds")).toBeLessThan(Date.now() / 1_000 + 1);
    expect(await value("process_open_fds")).toBeGreaterThan(2);
    expect(await value("process_max_fds")).toBeGreaterThan(await value("process_open_fds"));
    const before = await value("process_cpu_user_seconds_total");
    for (let turn = 0, end = performance.now() + 30; performance.now() < end; turn += 1) Math.sqrt(turn);
    expect(await value("process_cpu_user_seconds_total")).toBeGreaterThan(before);
    expect(await metrics.text()).not.toContain("gc_duration");
  });
});
