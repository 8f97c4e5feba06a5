// What the bridge's process takes, under the names Prometheus' client libraries agree on. Read when somebody scrapes:
// prom-client's own set watches each collection of garbage as well, which cost a mail 3 µs.
import { readdir, readFile } from "node:fs/promises";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, Gauge, type Registry } from "prom-client";

const micros = 1e6;
const nanos = 1e9;
/** By itself an idle bridge would be woken a hundred times a second. */
const delayResolutionMs = 100;

/** Open files, and how many may be open; null where the system has no /proc. */
async function openFiles(): Promise<{ open: number; most: number } | null> {
  try {
    const [files, limits] = await Promise.all([readdir("/proc/self/fd"), readFile("/proc/self/limits", "utf8")]);
    // One of them is the folder itself, read just now.
    return { open: files.length - 1, most: Number(/^Max open files +([0-9]+)/m.exec(limits)?.[1] ?? Infinity) };
  } catch {
    return null;
  }
}

/** Registers them. */
export function processMetrics(registry: Registry, prefix: string): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number | null | Promise<number | null>): void => {
    const made: Gauge = new Gauge({
      name: `${prefix}${name}`,
      help,
      registers,
      async collect() {
        const value = await read();
        if (value !== null) made.set(value);
      },
    });
  };
  const cpu = (name: string, help: string, read: () => number): void => {
    const made: Counter = new Counter({
      name: `${prefix}${name}`,
      help,
      registers,
      collect() {
        made.reset();
        made.inc(read());
      },
    });
  };
  cpu("process_cpu_user_seconds_total", "CPU time in user mode", () => process.cpuUsage().user / micros);
  cpu("process_cpu_system_seconds_total", "CPU time in the kernel", () => process.cpuUsage().system / micros);
  const startedAt = Math.round(Date.now() / 1_000 - process.uptime());
  gauge("process_start_time_seconds", "When the process started, Unix seconds", () => startedAt);
  gauge("process_resident_memory_bytes", "Resident memory", () => process.memoryUsage.rss());
  gauge("process_open_fds", "Open files and sockets", async () => (await openFiles())?.open ?? null);
  gauge("process_max_fds", "Files and sockets that may be open", async () => (await openFiles())?.most ?? null);
  gauge("nodejs_heap_size_used_bytes", "JavaScript's memory in use", () => process.memoryUsage().heapUsed);
  gauge("nodejs_heap_size_total_bytes", "JavaScript's memory", () => process.memoryUsage().heapTotal);
  gauge("nodejs_external_memory_bytes", "Memory that JavaScript holds outside", () => process.memoryUsage().external);
  const delay = monitorEventLoopDelay({ resolution: delayResolutionMs });
  delay.enable();
  gauge("nodejs_eventloop_lag_max_seconds", "The event loop's longest delay since the last scrape", () => {
    const longest = delay.max / nanos;
    delay.reset();
    return longest;
  });
}
