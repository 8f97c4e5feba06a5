// How long something takes on this thread's processor: other tests and other work on the machine don't count.

/** A running stopwatch; call it for the milliseconds of processor time since it was made. */
export function stopwatch(): () => number {
  const start = process.threadCpuUsage();
  return () => {
    const { user, system } = process.threadCpuUsage(start);
    return (user + system) / 1000;
  };
}
