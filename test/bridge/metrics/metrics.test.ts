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
});
