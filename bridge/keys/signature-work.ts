// Signatures are the longest single pieces of work a mail makes, and need nothing but their octets: those that come together
// are made and verified in libuv's thread pool while this thread goes on reading. One that comes alone is dealt with on the
// spot: the way to the pool and back costs 10 µs and a wait. Those that went together come back together, when the last is
// done, so that what follows still goes side by side (see milter/gathering.ts).

/** One signature to be made or verified. */
export interface SignatureJob<T> {
  now(): T;
  inPool(): Promise<T>;
}

interface Waiting {
  readonly now: () => void;
  /** Settles when the outcome is there, with what tells it. */
  readonly inPool: () => Promise<() => void>;
}

function waiting<T>(job: SignatureJob<T>, resolve: (outcome: T) => void, reject: (error: unknown) => void): Waiting {
  return {
    now() {
      try {
        resolve(job.now());
      } catch (error) {
        reject(error);
      }
    },
    inPool: () =>
      job.inPool().then(
        (outcome) => () => resolve(outcome),
        (error: unknown) => () => reject(error),
      ),
  };
}

/** Gathers the signatures of mails that go side by side. */
export class SignatureWork {
  #waiting: Waiting[] = [];

  /** Does a job, with others where there are some. Rejects as the job does. */
  do<T>(job: SignatureJob<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#waiting.push(waiting(job, resolve, reject));
    // Runs when all microtasks have: by then whoever goes side by side has asked.
    if (this.#waiting.length === 1) process.nextTick(() => this.#turn());
    return promise;
  }

  #turn(): void {
    const together = this.#waiting;
    this.#waiting = [];
    if (together.length === 1) return together[0]?.now();
    void Promise.all(together.map(({ inPool }) => inPool())).then((outcomes) => {
      for (const tell of outcomes) tell();
    });
  }
}
