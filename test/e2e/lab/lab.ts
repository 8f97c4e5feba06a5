// The whole lab: a router that also serves DNS, two organisations (bank: writes; home: reads), and a desk outside both,
// where the mail programs, the tests themselves and the forgers sit.
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setDefaultCACertificates } from "node:tls";
import { createAuthority, type Authority } from "./authority.ts";
import { startNameServer, startResolver, type NameServer } from "./names.ts";
import type { Host } from "./namespaces.ts";
import { prepareOrganisation, type Prepared } from "./organisation.ts";

/** Public addresses that are nobody's here: the lab has no way out. */
export const addresses = {
  router: "45.10.0.53",
  bank: "45.10.1.2",
  home: "45.10.2.2",
  desk: "45.10.3.2",
} as const;

/** What the desk's process is told about the internet that was made for it. */
export interface Internet {
  readonly router: Host;
  readonly hosts: Readonly<Record<"bank" | "home" | "desk", Host>>;
}

/** Every mailbox's password. */
export const password = "correct horse";

/** Folders, certificates, names: made, nothing started yet. */
export interface Plan {
  readonly folder: string;
  readonly authority: Authority;
  readonly bank: Prepared;
  readonly home: Prepared;
}

/** A folder of its own that every user of the machine may enter, as Postfix and Dovecot need. `run`: the runner's pid. */
export function makeFolder(run: number): string {
  const folder = mkdtempSync(join(tmpdir(), `waybill-e2e-${run}-`));
  chmodSync(folder, 0o755);
  return folder;
}

/** No waiting: a complaint may be undone for as long as the least setting, and travels at once then. */
const quickReports = `[reports]
undo_seconds = 5
delay_min_seconds = 0
delay_max_seconds = 0
`;

/** `_ipp` records, as the command line prints them when it has made a domain's certificate authority. */
function declarationRecords(plan: Prepared, addresses: readonly string[]): readonly string[] {
  return addresses.flatMap((address) => plan.bridge.command("cert", "new", address).match(/^_ipp\..*$/gm) ?? []);
}

/** Removes folders of runs that are no longer alive. */
export function removeOldFolders(): void {
  for (const name of readdirSync(tmpdir())) {
    const run = /^waybill-e2e-(\d+)-\w+$/.exec(name)?.[1];
    if (run === undefined || existsSync(`/proc/${run}`)) continue;
    rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

/** Prepares both organisations. */
export function prepareLab(internet: Internet, folder: string, signal: AbortSignal): Plan {
  const authority = createAuthority(join(folder, "authority"), "Lab Authority");
  // The tests' own https requests trust it from here on.
  setDefaultCACertificates([readFileSync(authority.certificate, "utf8")]);
  const mailbox = (login: string): { login: string; password: string } => ({ login, password });
  const bank = prepareOrganisation(
    {
      name: "bank",
      host: internet.hosts.bank,
      domains: ["bank.example", "shop.example"],
      mailboxes: ["billing@bank.example", "news@shop.example", "postmaster@bank.example"].map(mailbox),
      forwards: {},
      passes: "one",
      settings: `${quickReports}\n[publish]\nall_mail = true\n`,
    },
    join(folder, "bank"),
    authority,
    signal,
  );
  const home = prepareOrganisation(
    {
      name: "home",
      host: internet.hosts.home,
      domains: ["home.example"],
      mailboxes: ["alice@home.example", "bob@home.example", "postmaster@home.example"].map(mailbox),
      forwards: { "moved@home.example": "away@desk.example" },
      passes: "two",
      settings: quickReports,
    },
    join(folder, "home"),
    authority,
    signal,
  );
  return { folder, authority, bank, home };
}

/** Starts DNS with the organisations' records, and the desk's resolver. */
export async function startNames(internet: Internet, plan: Plan, signal: AbortSignal): Promise<NameServer> {
  const desk = [`desk.example. A ${addresses.desk}`, "2.3.10.45.in-addr.arpa. PTR desk.example."];
  const declared = [
    ...declarationRecords(plan.bank, ["billing@bank.example", "news@shop.example"]),
    ...declarationRecords(plan.home, ["alice@home.example"]),
    // shop.example does not promise to declare all its mail.
  ].map((line) => (line.startsWith("_ipp.shop.") ? line.replace("; m=all", "") : line));
  const records = [...plan.bank.records, ...plan.home.records, ...desk, ...declared];
  const names = await startNameServer(internet.router, join(plan.folder, "knot"), records, signal);
  await startResolver(internet.hosts.desk, join(plan.folder, "desk", "unbound"), names, signal);
  return names;
}

/** Copies logs and the like to `target` for whoever looks into a failure: no keys, no databases, no profiles. */
export function saveLogs(folder: string, target: string): void {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const unwanted = /\/(profile|mail|data|queue|state|tmp|database)$|\.(key|db|sock)$/;
  cpSync(folder, target, {
    recursive: true,
    filter: (source) => {
      const status = lstatSync(source);
      return !unwanted.test(source) && (status.isDirectory() || status.isFile());
    },
  });
}
