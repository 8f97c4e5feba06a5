// An internet of its own: one network namespace per host, each on a wire of its own to a router's namespace. No way
// leads out of it, so the addresses can be public ones and the bridge's own rules about addresses hold unchanged.
// Names carry the pid of the run that made them: what a killed run left behind is known by it, and taken away.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** One host of the lab's internet. */
export interface Host {
  /** Its network namespace. */
  readonly namespace: string;
  /** Its public address. */
  readonly address: string;
}

/** The lab's internet. */
export interface Internet<Names extends string> {
  readonly router: Host;
  readonly hosts: Readonly<Record<Names, Host>>;
  /** Ends what still runs in it, by pid, and takes it away. */
  remove(): void;
}

const ownName = /^waybill-(\d+)-[a-z]+$/;

function ip(...args: readonly string[]): string {
  return execFileSync("ip", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

function removeNamespace(name: string): void {
  for (const pid of ip("netns", "pids", name).split("\n").filter(Boolean)) {
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
  ip("netns", "del", name);
  rmSync(join("/etc/netns", name), { recursive: true, force: true });
}

/** Takes away what runs that are no longer alive have left behind. */
export function removeLeftovers(): void {
  const names = ip("netns", "list")
    .split("\n")
    .map((line) => line.split(" ")[0] ?? "");
  for (const name of names) {
    const pid = ownName.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) removeNamespace(name);
  }
}

/** The resolver of every host is its own, on loopback, and trusted to validate (resolv.conf(5), trust-ad). */
function addNamespace(name: string): void {
  ip("netns", "add", name);
  mkdirSync(join("/etc/netns", name), { recursive: true });
  writeFileSync(
    join("/etc/netns", name, "resolv.conf"),
    "nameserver 127.0.0.1\noptions edns0 trust-ad timeout:3 attempts:2\n",
  );
  ip("-n", name, "link", "set", "lo", "up");
}

function connectHost(router: string, name: string, host: Host): void {
  const { namespace, address } = host;
  const gateway = address.replace(/\d+$/, "1");
  addNamespace(namespace);
  ip("-n", router, "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", namespace);
  ip("-n", router, "address", "add", `${gateway}/24`, "dev", name);
  ip("-n", router, "link", "set", name, "up");
  ip("-n", namespace, "address", "add", `${address}/24`, "dev", "eth0");
  ip("-n", namespace, "link", "set", "eth0", "up");
  ip("-n", namespace, "route", "add", "default", "via", gateway);
}

/** Makes the namespaces and the wires. The network of each host is its address's /24, .1 being the router. */
export function createInternet<Names extends string>(
  addresses: Readonly<Record<Names | "router", string>>,
): Internet<Names> {
  const hostAt = (name: string, address: string): Host => ({ namespace: `waybill-${process.pid}-${name}`, address });
  const router = hostAt("router", addresses.router);
  const hosts = Object.entries<string>(addresses)
    .filter(([name]) => name !== "router")
    .map(([name, address]): [string, Host] => [name, hostAt(name, address)]);
  const remove = (): void => {
    const there = ip("netns", "list");
    for (const { namespace } of [...hosts.map(([, host]) => host), router]) {
      if (there.includes(namespace)) removeNamespace(namespace);
    }
  };
  try {
    addNamespace(router.namespace);
    execFileSync("ip", ["netns", "exec", router.namespace, "sysctl", "-qw", "net.ipv4.ip_forward=1"]);
    ip("-n", router.namespace, "address", "add", `${router.address}/32`, "dev", "lo");
    for (const [name, host] of hosts) connectHost(router.namespace, name, host);
  } catch (error) {
    remove();
    throw new Error("no network namespaces here: they need root with CAP_SYS_ADMIN and CAP_NET_ADMIN", {
      cause: error,
    });
  }
  return { router, hosts: Object.fromEntries(hosts) as Record<Names, Host>, remove };
}
