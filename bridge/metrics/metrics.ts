// What the bridge counts, for Prometheus. Parts name their counters through small interfaces; this file knows them all.
// No label holds anything that a stranger chooses freely: each unknown value would be a time series more.
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { CounterLabels, Counters } from "../pipeline/ports.ts";
import { processMetrics } from "./process.ts";

/** What API and reports count, beside the pipeline's. */
export interface ServiceCounterLabels {
  /** HTTP answers: `endpoint` is the route's own name, never a path. */
  requests: { readonly endpoint: string; readonly status: string };
  /** Complaints of one's own readers: `route` "report", "count", "local"; "undone" and "again" too. */
  complaints: { readonly route: string };
  /** Reports to senders: "sent", "retry", "failed". */
  reports: { readonly kind: string; readonly outcome: string };
  /** Reports from others: "counted", "again", "full", "refused", "retry", "expired". */
  arrivals: { readonly outcome: string };
}

/** Counts what API and reports did. */
export interface ServiceCounters {
  count<Name extends keyof ServiceCounterLabels>(name: Name, labels: ServiceCounterLabels[Name]): void;
}

type AllLabels = CounterLabels & ServiceCounterLabels;

const counters: { readonly [Name in keyof AllLabels]: { help: string; labels: readonly string[] } } = {
  mails: {
    help: "Mails that went through, by listener, result of the declaration and action",
    labels: ["listener", "result", "action"],
  },
  stripped: { help: "Fields removed at a border, by kind", labels: ["kind"] },
  splits: { help: "Recipients asked to come in a transaction of their own", labels: [] },
  unsigned: {
    help: "Submitted mails sent on without a declaration they should have had, by reason",
    labels: ["reason"],
  },
  failures: { help: "Failures of the bridge itself", labels: ["where"] },
  requests: { help: "HTTP answers by endpoint and status", labels: ["endpoint", "status"] },
  complaints: { help: "Complaints of readers by how far they go", labels: ["route"] },
  reports: { help: "Reports to senders by kind and outcome", labels: ["kind", "outcome"] },
  arrivals: { help: "Reports received by outcome", labels: ["outcome"] },
};

/** Upper bounds, s: a mail takes milliseconds, one that waits for a slow DNS takes seconds. */
const secondsBuckets = [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** All metrics of one bridge. */
export interface Metrics extends Counters, ServiceCounters {
  count<Name extends keyof AllLabels>(name: Name, labels: AllLabels[Name]): void;
  /** How long a mail took from its end to the answer, s. */
  observeMail(listener: string, seconds: number): void;
  /** A number asked for whenever somebody scrapes. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void;
  /** In Prometheus' text format, and its content type. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** What was counted under the same labels. */
interface Count {
  readonly labels: Record<string, string>;
  value: number;
}

function joined(labels: Readonly<Record<string, string>>): string {
  let key = "";
  for (const name in labels) key += `${labels[name]} `;
  return key;
}

/** A registry of one's own, so that two bridges in one process (tests, the demo) do not mix. */
export function createMetrics(options: { readonly process?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (options.process === true) processMetrics(registry, "waybill_");
  // prom-client looks labels over with each count, so counts are kept here, by the labels joined, and told when scraped.
  const counts = new Map<string, Map<string, Count>>();
  for (const [name, { help, labels }] of Object.entries(counters)) {
    const kept = new Map<string, Count>();
    counts.set(name, kept);
    const counter: Counter = new Counter({
      name: `waybill_${name}_total`,
      help,
      labelNames: [...labels],
      registers: [registry],
      collect() {
        counter.reset();
        for (const count of kept.values()) counter.inc(count.labels, count.value);
      },
    });
  }
  const mailSeconds = new Histogram({
    name: "waybill_mail_seconds",
    help: "From a mail's end to the answer",
    labelNames: ["listener"],
    buckets: secondsBuckets,
    registers: [registry],
  });
  const listeners = new Map<string, { observe(seconds: number): void }>();
  return {
    count(name, labels) {
      const kept = counts.get(name);
      if (kept === undefined) return;
      const key = joined(labels);
      const count = kept.get(key);
      if (count === undefined) kept.set(key, { labels: { ...labels }, value: 1 });
      else count.value += 1;
    },
    observeMail(listener, seconds) {
      const child = listeners.get(listener) ?? mailSeconds.labels({ listener });
      listeners.set(listener, child);
      child.observe(seconds);
    },
    gauge(name, help, read) {
      const gauge: Gauge = new Gauge({
        name: `waybill_${name}`,
        help,
        registers: [registry],
        async collect() {
          gauge.set(await read());
        },
      });
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
