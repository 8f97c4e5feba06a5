// One organisation of the lab: resolver, mailboxes, mail server and https front in its own network namespace.
import { connect } from "node:net";
import { join } from "node:path";
import { startProgram, type Running } from "../running.ts";
import { until } from "../wait.ts";
import { bridgeHost, bridgePort, createBridge, type Bridge } from "./bridge.ts";
import { keyDigest, type Authority, type Issued } from "./authority.ts";
import { prepareDkim, type Dkim } from "./dkim.ts";
import { startDovecot, type Dovecot, type Mailbox } from "./dovecot.ts";
import type { Host } from "./namespaces.ts";
import { startResolver, type Line, type NameServer } from "./names.ts";
import { startPostfix, type Postfix } from "./postfix.ts";

/** Who they are. */
export interface OrganisationPlan {
  /** First label of its names, and its folder's name. */
  readonly name: string;
  readonly host: Host;
  /** Its mail domains, the main one first. */
  readonly domains: readonly [string, ...string[]];
  readonly mailboxes: readonly Mailbox[];
  /** Addresses whose mail is sent on to another, anywhere. */
  readonly forwards: Readonly<Record<string, string>>;
  /** Whether its bridge strips before OpenDKIM and seals behind it, or does all at once behind it. */
  readonly passes: "one" | "two";
  /** Added to its bridge's configuration. */
  readonly settings: string;
}

/** Its folder, certificate and DNS records, before anything runs. */
export interface Prepared extends OrganisationPlan {
  readonly folder: string;
  /** mail.<main domain>: mail exchanger, IMAP and submission. */
  readonly mailHost: string;
  readonly certificate: Issued;
  readonly authority: string;
  readonly records: readonly Line[];
  readonly bridge: Bridge;
  readonly dkim: Dkim;
}

/** Makes what an organisation needs before it starts. */
export function prepareOrganisation(
  plan: OrganisationPlan,
  folder: string,
  authority: Authority,
  signal: AbortSignal,
): Prepared {
  const [main] = plan.domains;
  const mailHost = `mail.${main}`;
  const webHosts = [...plan.domains, bridgeHost(plan.domains), `webmail.${main}`];
  const certificate = authority.issue(plan.name, {
    commonName: mailHost,
    names: [mailHost, ...webHosts].map((name) => `DNS:${name}`),
    usage: ["serverAuth", "clientAuth"],
  });
  const { address } = plan.host;
  const records = [
    ...plan.domains.map((domain) => `${domain}. MX 10 ${mailHost}.`),
    ...[mailHost, ...webHosts].map((name) => `${name}. A ${address}`),
    ...plan.domains.map((domain) => `${domain}. TXT "v=spf1 mx -all"`),
    `_25._tcp.${mailHost}. TLSA 3 1 1 ${keyDigest(certificate.chain).toString("hex")}`,
    `${address.split(".").toReversed().join(".")}.in-addr.arpa. PTR ${mailHost}.`,
  ];
  const dkim = prepareDkim({ ...plan, mailHost }, join(folder, "dkim"));
  const made = { ...plan, folder, mailHost, certificate, authority: authority.certificate };
  return { ...made, records: [...records, ...dkim.records], bridge: createBridge(made, signal), dkim };
}

/** An organisation that runs. */
export interface Organisation extends Prepared {
  readonly resolver: Running;
  readonly dovecot: Dovecot;
  readonly postfix: Postfix;
  readonly opendkim: Running;
  readonly front: Running;
}

/** Ports on the organisation's loopback that its https front hands requests to, by host name. */
export type Routes = Readonly<Record<string, number>>;

async function startFront(plan: Prepared, routes: Routes, signal: AbortSignal): Promise<Running> {
  const { host, certificate, folder } = plan;
  const front = startProgram(
    {
      name: `front ${plan.name}`,
      command: process.execPath,
      args: [
        join(import.meta.dirname, "front.ts"),
        host.address,
        certificate.chain,
        certificate.key,
        ...Object.entries(routes).map(([name, port]) => `${name}=${port}`),
      ],
      log: join(folder, "front.log"),
      namespace: host.namespace,
    },
    signal,
  );
  await until(`the https front of ${plan.name}`, () => reachable(host.address, 443));
  return front;
}

/** An add-on looks for the bridge at the mail domain, then at the IMAP host. */
function bridgeRoutes({ domains, mailHost }: Prepared): Routes {
  return Object.fromEntries([...domains, mailHost, bridgeHost(domains)].map((name) => [name, bridgePort]));
}

function reachable(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, address, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** Starts the organisation's servers. */
export async function startOrganisation(
  plan: Prepared,
  names: NameServer,
  routes: Routes,
  signal: AbortSignal,
): Promise<Organisation> {
  const { host, folder, certificate, mailHost } = plan;
  const [resolver, dovecot] = await Promise.all([
    startResolver(host, join(folder, "unbound"), names, signal),
    startDovecot(
      {
        folder: join(folder, "dovecot"),
        hostname: mailHost,
        address: host.address,
        imapPort: 143,
        certificate,
        mailboxes: plan.mailboxes,
        namespace: host.namespace,
      },
      signal,
    ),
  ]);
  const front = await startFront(plan, { ...routes, ...bridgeRoutes(plan) }, signal);
  const [postfix, , opendkim] = await Promise.all([
    startPostfix(
      {
        host,
        folder: join(folder, "postfix"),
        hostname: mailHost,
        domains: plan.domains,
        addresses: plan.mailboxes.map((mailbox) => mailbox.login),
        forwards: plan.forwards,
        dovecot,
        certificate,
        authority: plan.authority,
        milters: [`unix:${plan.dkim.socket}`],
        waybill: (etc) => plan.bridge.command("postfix", "--postfix-config", etc),
      },
      signal,
    ),
    plan.bridge.start(),
    plan.dkim.start(signal),
  ]);
  return { ...plan, resolver, dovecot, postfix, opendkim, front };
}
