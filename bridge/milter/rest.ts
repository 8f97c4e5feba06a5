// A short rest between two looks at the sockets. An MTA that keeps the processors busy hands a mail over in a dozen small
// pieces; woken for each, the bridge finds its code and data gone from the processor's caches each time. After half a
// millisecond's rest it finds several pieces at once, and the MTA has had the processor meanwhile (docs/performance.md).
// That is a loss where the bridge itself is what everybody waits for. Whether it is, shows while it does not rest: so it
// looks first, for a moment, and again every two seconds.

/** With fewer connections there is nothing to be found at once, and somebody who waits for us. */
const enoughConnections = 4;
/** From the first piece heard to the next look, ms. Shorter saves less; at 1 the processors run out of work now and then. */
const restMs = 0.6;
/** How long is looked how busy the event loop is, and for how long that holds, ms. */
const lookMs = 50;
const holdsMs = 2_000;
/** Looks that have to agree: what comes in may just have begun, or ended. */
const looks = 2;
/** Share of time the event loop may be busy. Above, resting costs more than it gives. */
const mostUsed = 0.5;

/** What resting needs of the event loop. */
export interface Loop {
  /** Monotonic, ms. */
  nowMs(): number;
  /** CPU time it has taken so far, ms: waiting for a processor is none. */
  usedMs(): number;
  /** Calls once what has come in by now is worked on. */
  afterTurn(job: () => void): void;
  /** Stands still, ms. */
  sleep(ms: number): void;
}

/** This thread's. */
export function threadLoop(): Loop {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  return {
    nowMs: () => performance.now(),
    usedMs() {
      const { user, system } = process.threadCpuUsage();
      return (user + system) / 1_000;
    },
    afterTurn: (job) => void setImmediate(job),
    sleep: (ms) => void Atomics.wait(cell, 0, 0, ms),
  };
}

/** Rests of one listener. */
export class Rest {
  readonly #loop: Loop;
  #due = false;
  /** Which look is under way; 0: none. */
  #look = 0;
  #rests = false;
  /** Until when is looked, or holds what was seen. */
  #untilMs = 0;
  /** When looking began, and the CPU time taken by then, ms. */
  #sinceMs = 0;
  #usedMs = 0;

  constructor(loop: Loop) {
    this.#loop = loop;
  }

  /** Something came in from one of so many connections. */
  heard(connections: number): void {
    if (this.#due || connections < enoughConnections) return;
    const sinceMs = this.#loop.nowMs();
    if (!this.#may(sinceMs)) return;
    this.#due = true;
    this.#loop.afterTurn(() => {
      this.#due = false;
      const leftMs = sinceMs + restMs - this.#loop.nowMs();
      if (leftMs > restMs / 5) this.#loop.sleep(leftMs);
    });
  }

  #may(nowMs: number): boolean {
    if (nowMs < this.#untilMs) return this.#rests;
    const usedMs = this.#loop.usedMs();
    // A look that ended long ago was broken off by a pause: it says nothing.
    const seen = this.#look > 0 && nowMs < this.#untilMs + lookMs;
    const calm = usedMs - this.#usedMs < mostUsed * (nowMs - this.#sinceMs);
    this.#rests = seen && calm && this.#look === looks;
    const looksOn = !seen || (calm && this.#look < looks);
    this.#look = looksOn ? (seen ? this.#look : 0) + 1 : 0;
    this.#untilMs = nowMs + (looksOn ? lookMs : holdsMs);
    this.#usedMs = usedMs;
    this.#sinceMs = nowMs;
    return this.#rests;
  }
}
