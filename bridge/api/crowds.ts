// No network has more than its share of the connections: two thousand of one client's would shut all others out.
import type { Socket } from "node:net";
import { networkOf, plainAddress } from "../endpoint/network.ts";
import { isProxy } from "./client-address.ts";

/** Of one client's network: browsers open six, and an office sits behind one address. */
export const connectionsPerNetwork = 64;

/** A socket, as far as it is looked at here. */
export type Caller = Pick<Socket, "remoteAddress" | "destroy" | "once">;

/** Told of each new connection. `proxies`: addresses that other clients come through, beside loopback, are not counted. */
export function hangUpOnCrowds(proxies: readonly string[]): (caller: Caller) => void {
  const open = new Map<string, number>();
  return (caller) => {
    const address = plainAddress(caller.remoteAddress ?? "");
    if (isProxy(address, proxies)) return;
    const network = networkOf(address);
    const count = open.get(network) ?? 0;
    if (count >= connectionsPerNetwork) return void caller.destroy();
    open.set(network, count + 1);
    caller.once("close", () => {
      const left = (open.get(network) ?? 1) - 1;
      if (left === 0) open.delete(network);
      else open.set(network, left);
    });
  };
}
