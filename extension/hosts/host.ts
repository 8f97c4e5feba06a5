// A mail program, as little as an extension needs to know of it: which mail comes into view, where its verdict is said,
// and how to leave without a trace. Hosts never know of each other.

/** `M`: a mail as this host names it; `V`: what it shows of a verdict. */
export interface Host<M, V> {
  /** Calls back for each mail that comes into view, and with null when none is any more; never rejects. */
  watch(seen: (mail: M | null) => Promise<void>): void;
  /** Says the verdict at the mail; null takes it away. Does nothing where the mail is no longer in view. */
  show(mail: M, verdict: V | null): void;
  /** Stops watching and removes what was shown. */
  stop(): void;
}
