// What a reader waits for, measured: from the mail's octets to painted words. test/bench and the end-to-end tests read
// the measure; nothing else does.

/** Name of the performance measure; its `detail.milliseconds` runs from raw octets to paint. */
export const paintedMeasure = "waybill:painted";

/** To be called right after rendering. `rawAt`: when the octets were there, ms since 1970. */
export function markPainted(rawAt: number): void {
  requestAnimationFrame(() => {
    // A task after the frame's: by then the frame has been drawn.
    setTimeout(() => {
      const milliseconds = performance.timeOrigin + performance.now() - rawAt;
      performance.measure(paintedMeasure, { start: performance.now(), detail: { milliseconds } });
    }, 0);
  });
}
