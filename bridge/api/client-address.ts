// Who asks: the connected address, or behind a reverse proxy of one's own what that says (X-Forwarded-For, the de-facto
// field; of several entries the last, which the proxy itself has written).
import { isIP } from "node:net";
import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context } from "hono";
import { networkOf, plainAddress } from "../endpoint/network.ts";

/** A client, as far as it is known. */
export interface AskingClient {
  /** IPv4, or the /64 of IPv6: what one subscriber has. "unknown" without a socket. */
  readonly network: string;
  /** On this very machine, no proxy in between. */
  readonly local: boolean;
}

const loopback = /^(127\.\d+\.\d+\.\d+|::1)$/;
const localHost = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i;

function remoteAddress(c: Context): string | null {
  // app.request() in tests has no socket.
  if (typeof c.env !== "object" || c.env === null || !("incoming" in c.env)) return null;
  const { address } = getConnInfo(c).remote;
  return address === undefined ? null : plainAddress(address);
}

/** Whether other clients may come through this address: loopback, and reverse proxies of one's own. */
export function isProxy(address: string, proxies: readonly string[]): boolean {
  return loopback.test(address) || proxies.includes(address);
}

/** Who asks. `proxies`: addresses believed beside loopback. */
export function askingClient(c: Context, proxies: readonly string[]): AskingClient {
  const remote = remoteAddress(c);
  if (remote === null) return { network: "unknown", local: false };
  const forwarded = c.req.header("x-forwarded-for");
  const through =
    forwarded !== undefined || c.req.header("forwarded") !== undefined || c.req.header("via") !== undefined;
  const believed = isProxy(remote, proxies);
  if (forwarded !== undefined && believed) {
    const last = plainAddress(forwarded.slice(forwarded.lastIndexOf(",") + 1).trim());
    return { network: isIP(last) === 0 ? networkOf(remote) : networkOf(last), local: false };
  }
  // The Host field too: a page of a stranger whose name resolves to loopback has its own name there.
  const local = loopback.test(remote) && !through && localHost.test(c.req.header("host") ?? "");
  return { network: networkOf(remote), local };
}
