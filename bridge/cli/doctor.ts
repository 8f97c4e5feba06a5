// `waybill doctor`: looks at everything a bridge needs around it; each finding that isn't good says what to do.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ok, type Result } from "../../shared/result.ts";
import { sealDomain } from "../config.ts";
import { readDeclarationKeys } from "../keys/declaration-keys.ts";
import { domainAuthority } from "../keys/new-declaration-key.ts";
import { openSealKeys } from "../keys/seal-keys.ts";
import { checkDns } from "./checks/dns.ts";
import { checkEndpoints } from "./checks/endpoints.ts";
import type { Check, Finding, Patient } from "./checks/finding.ts";
import { checkHttps } from "./checks/https.ts";
import { checkKeys } from "./checks/keys.ts";
import { checkListeners } from "./checks/listeners.ts";
import { checkPostfix } from "./checks/postfix.ts";
import { checkRevocation } from "./checks/revocation.ts";
import { now } from "./clock.ts";
import { configOption, type Call, type Command, type ExitCode } from "./command.ts";
import { askOf, reachOf, resolverOf } from "./outside.ts";
import { instanceOption, postconf } from "./postconf.ts";
import { printable } from "../log/printable.ts";
import { keysFolder, setupOfRunning, type Setup } from "./setup.ts";

const checks: readonly { readonly name: string; readonly check: Check }[] = [
  { name: "Keys and certificates", check: checkKeys },
  { name: "Listeners", check: checkListeners },
  { name: "HTTPS", check: checkHttps },
  { name: "DNS", check: checkDns },
  { name: "Endpoints", check: checkEndpoints },
  { name: "Revocation", check: checkRevocation },
  { name: "Postfix", check: checkPostfix },
];

const marks = { good: "ok     ", careful: "CAREFUL", bad: "BAD    " } as const;

async function authorities(setup: Setup): Promise<ReadonlyMap<string, string>> {
  const folder = keysFolder(setup.config);
  const found = new Map<string, string>();
  for (const domain of setup.config.domains) {
    if (!existsSync(join(folder, `authority-${domain}.pem`))) continue;
    const authority = await domainAuthority(folder, domain, now());
    if (authority.ok) found.set(domain, authority.value.digest);
  }
  return found;
}

async function patientOf(call: Call, setup: Setup): Promise<Result<Patient>> {
  const { config, extraCa } = setup;
  const folder = keysFolder(config);
  const keys = readDeclarationKeys(folder);
  const sealKeys = await openSealKeys(folder, sealDomain(config), now());
  const resolver = resolverOf(config);
  if (!keys.ok) return keys;
  if (!sealKeys.ok) return sealKeys;
  return ok({
    setup,
    keys: keys.value,
    sealKeys: sealKeys.value,
    authorities: await authorities(setup),
    resolver,
    ask: askOf(resolver, reachOf(config, true), extraCa),
    postconf: postconf(call.value("postfix-config")),
    now: now(),
  });
}

/** A remedy's commands, for the Postfix that was asked. */
function forInstance(remedy: string, folder: string | undefined): string {
  return remedy.replaceAll(/\b(postconf |postfix (?=reload))/g, `$1${instanceOption(folder)}`);
}

async function runDoctor(call: Call): Promise<Result<ExitCode>> {
  const setup = setupOfRunning(call);
  if (!setup.ok) return setup;
  const patient = await patientOf(call, setup.value);
  if (!patient.ok) return patient;
  const folder = call.value("postfix-config");
  const all: (Finding & { area: string })[] = [];
  for (const { name, check } of checks) {
    const findings = (await check(patient.value)).map((finding) =>
      finding.level === "good" ? finding : { ...finding, remedy: forInstance(finding.remedy, folder) },
    );
    all.push(...findings.map((finding) => ({ area: name, ...finding })));
    if (call.has("json")) continue;
    call.terminal.out(`${name}\n`);
    for (const finding of findings) {
      call.terminal.out(`  ${marks[finding.level]}  ${printable(finding.what)}\n`);
      if (finding.level !== "good") call.terminal.out(`           -> ${printable(finding.remedy)}\n`);
    }
  }
  if (call.has("json")) call.terminal.out(`${JSON.stringify(all, null, 2)}\n`);
  const isBad = all.some(({ level }) => level === "bad");
  if (!call.has("json")) {
    const count = all.filter(({ level }) => level !== "good").length;
    call.terminal.out(count === 0 ? "\nNothing to do.\n" : `\n${count} to look at.\n`);
  }
  return ok(isBad ? 1 : 0);
}

/** `waybill doctor`. */
export const doctorCommand: Command = {
  name: "doctor",
  parameters: "",
  summary: "Check keys, listeners, DNS, endpoints, CRLs and Postfix; each finding with its remedy",
  options: {
    ...configOption,
    "postfix-config": { value: "DIR", help: "another Postfix configuration folder" },
    json: { value: null, help: "findings as JSON" },
  },
  run: runDoctor,
};
