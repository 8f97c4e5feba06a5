// Room for questions under way. Whoever owns a zone decides how long its names take to be answered, and makes up as many
// names in it as he likes: none may have more than its share, and new names never have all.
// Known gap: who owns twenty slow zones may fill it all the same; a question does not know which client's mail asks it.

/** Questions under way at once. */
const maxInFlight = 256;
/** Of them, for names that had no record before: the rest stays free for those that had. */
const maxNewInFlight = 192;
/**
 * For all names with the same last labels, by how many: two of them are most registered domains, three those below such as
 * co.uk. A zone that answers within 50 ms gets 640 answers a second through 32.
 */
const shares = [
  { labels: 2, most: 32 },
  { labels: 3, most: 16 },
] as const;
/**
 * Nor may it have more than this part of what is still free: shares shrink as the room fills, and the last of it is left to
 * those that have none. Two questions are always its own: addresses are asked for in pairs.
 */
const partOfFree = 1 / 4;
const ownQuestions = 2;

/** Gives leave to ask. */
export interface Room {
  /** What to call once the question is answered, or null: no room. `known`: the name had a record before. */
  enter(name: string, known: boolean): (() => void) | null;
}

/** Room for one resolver's questions. */
export function questionRoom(): Room {
  const counts = new Map<string, number>();
  let all = 0;
  let allNew = 0;

  function change(suffixes: readonly string[], by: 1 | -1): void {
    for (const suffix of suffixes) {
      const count = (counts.get(suffix) ?? 0) + by;
      if (count === 0) counts.delete(suffix);
      else counts.set(suffix, count);
    }
  }

  return {
    enter(name, known) {
      const free = known ? maxInFlight - all : Math.min(maxNewInFlight - allNew, maxInFlight - all);
      if (free <= 0) return null;
      const fair = Math.max(ownQuestions, free * partOfFree);
      const labels = name.split(".");
      const below = shares.map(({ labels: count, most }) => ({
        suffix: `${count} ${labels.slice(-count).join(".")}`,
        most,
      }));
      if (below.some(({ suffix, most }) => (counts.get(suffix) ?? 0) >= Math.min(most, fair))) return null;
      const suffixes = below.map(({ suffix }) => suffix);
      change(suffixes, 1);
      all += 1;
      if (!known) allNew += 1;
      return () => {
        change(suffixes, -1);
        all -= 1;
        if (!known) allNew -= 1;
      };
    },
  };
}
