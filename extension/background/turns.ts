// One piece of work after the other, for what reads, changes and writes: at the same time one would undo the other's.

/** Runs `work` when all that was handed in before has ended; ends as it does. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

export function createTurns(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return async (work) => {
    const run = last.then(work);
    last = run.catch(() => undefined);
    return await run;
  };
}
