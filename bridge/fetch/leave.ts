// Which of a host's addresses one request goes to, and that no place in the network gets more of them than it can bear, nor
// takes all the room we have: names are free, and whoever has some may point them all at one victim, or at a server of his
// that answers as slowly as it may.
import { networkOf } from "../endpoint/network.ts";
import { ok, temp, type Result } from "../../shared/result.ts";
import type { Budget } from "./budget.ts";

/** Addresses tried for one request. A DNS answer may have thousands, each one somebody else's. */
const maxAddresses = 4;
/** Requests under way at once, and those for documents that were never had: the others can always be refreshed. */
const maxInFlight = 128;
const maxNewInFlight = 96;
/** Requests under way to one network. */
const maxPerNetwork = 16;

/** Leave to send one request. */
export interface Leave {
  /** To be tried in this order. */
  readonly addresses: readonly string[];
  /** The request has ended. */
  readonly end: () => void;
}

/** Gives leave, or a temporary failure: fetch/busy (too many at once), fetch/budget (too many in a while). */
export type AskLeave = (addresses: readonly string[], known: boolean) => Result<Leave>;

/** Counts the requests of one `httpsAsk`. */
export function leaves(budget: Pick<Budget, "takeNetwork">): AskLeave {
  const underWay = new Map<string, number>();
  let [all, allNew] = [0, 0];

  return (addresses, known) => {
    if (all >= maxInFlight || (!known && allNew >= maxNewInFlight)) return temp("fetch/busy", `${all} under way`);
    const tried = addresses.slice(0, maxAddresses);
    const free = tried.filter((address) => (underWay.get(networkOf(address)) ?? 0) < maxPerNetwork);
    if (free.length === 0) return temp("fetch/busy", `${maxPerNetwork} under way to ${tried.join(", ")}`);
    const paid = new Set([...new Set(free.map(networkOf))].filter((network) => budget.takeNetwork(network, known)));
    if (paid.size === 0) return temp("fetch/budget", `too many requests to ${free.join(", ")}`);
    const change = (by: 1 | -1): void => {
      all += by;
      if (!known) allNew += by;
      for (const network of paid) {
        const count = (underWay.get(network) ?? 0) + by;
        if (count === 0) underWay.delete(network);
        else underWay.set(network, count);
      }
    };
    change(1);
    return ok({ addresses: free.filter((address) => paid.has(networkOf(address))), end: () => change(-1) });
  };
}
