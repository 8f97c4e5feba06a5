// `waybill cert …`: the certificates that one's own addresses sign with.
import { addressDomain, withAsciiDomain } from "../../shared/header/address.ts";
import { formatDiscoveryRecord } from "../../shared/ipp/discovery.ts";
import { ok, perm, type Result } from "../../shared/result.ts";
import { formatPem, parsePem } from "../../shared/x509/pem.ts";
import type { Config } from "../config.ts";
import {
  importDeclarationKey,
  readDeclarationKeys,
  writeDeclarationKey,
  type DeclarationKey,
  type DeclarationKeys,
} from "../keys/declaration-keys.ts";
import { keyKinds, readPrivateKey, type KeyKind } from "../keys/key-file.ts";
import { domainAuthority, newDeclarationKey } from "../keys/new-declaration-key.ts";
import { configOption, misused, onePositional, type Call, type Command, type ExitCode } from "./command.ts";
import { dayOf, now } from "./clock.ts";
import { keysFolder, readText, setupWithState, type Setup } from "./setup.ts";

/** Base of the documents as the `_ipp` record shall say it, or null where the configuration has no `http.url`. */
export function publicationBase(config: Config): string | null {
  return config.http.url === undefined ? null : `${config.http.url}${config.http.path}{d}/`;
}

/** The `_ipp` record to publish for a domain; `ca`: digest of its CA, if it has one. */
export function recordFor(config: Config, ca: readonly string[]): string {
  const { all_mail: allMail, subaddress } = config.publish;
  const url = publicationBase(config);
  return formatDiscoveryRecord({ url, ca, allMail, subaddress: subaddress === "" ? null : subaddress });
}

function line(key: DeclarationKey): string {
  const until = dayOf(key.notAfter);
  return `${key.address}  ${key.keyId}  ${key.signer.algorithm}  ${key.state}  valid to ${until}  issued by ${key.issuer}`;
}

function ownAddress(setup: Setup, asked: string): Result<string> {
  if (!/^[^@\s]+@[^@\s]+$/.test(asked)) return misused(`expected an address, got "${asked}"`);
  const address = withAsciiDomain(asked);
  const domain = addressDomain(address);
  return setup.config.domains.includes(domain)
    ? ok(address)
    : perm("cli/domain", `${domain} is not in "domains" (${setup.config.domains.join(", ")}) of ${setup.path}`);
}

function opened(call: Call): Result<{ setup: Setup; folder: string; keys: DeclarationKeys }> {
  const setup = setupWithState(call);
  if (!setup.ok) return setup;
  const folder = keysFolder(setup.value.config);
  const keys = readDeclarationKeys(folder);
  return keys.ok ? ok({ setup: setup.value, folder, keys: keys.value }) : keys;
}

function kindOf(call: Call): Result<KeyKind> {
  const asked = call.value("kind") ?? "p256";
  const kind = keyKinds.find((one) => one === asked);
  return kind === undefined ? misused(`--kind: expected ${keyKinds.join(" or ")}, got "${asked}"`) : ok(kind);
}

function daysOf(call: Call): Result<number> {
  const days = Number(call.value("days") ?? 365);
  const fine = Number.isInteger(days) && days >= 1 && days <= 3_650;
  return fine ? ok(days) : misused(`--days: expected 1 to 3650, got "${call.value("days") ?? ""}"`);
}

interface Wish {
  readonly address: string;
  readonly setup: Setup;
  readonly folder: string;
}

async function made(call: Call, { address, setup, folder }: Wish): Promise<Result<DeclarationKey>> {
  const kind = kindOf(call);
  const days = daysOf(call);
  if (!kind.ok) return kind;
  if (!days.ok) return days;
  const wish = { address, kind: kind.value, days: days.value, now: now(), listed: call.has("listed") };
  if (call.has("self-signed")) return newDeclarationKey({ ...wish, issuer: null });
  const authority = await domainAuthority(folder, addressDomain(address), now());
  if (!authority.ok) return authority;
  const key = await newDeclarationKey({ ...wish, issuer: authority.value.issuer });
  if (key.ok && authority.value.isNew) {
    const record = recordFor(setup.config, [authority.value.digest]);
    call.terminal.say(`A new CA for ${addressDomain(address)} was made. Publish in (signed) DNS:\n`);
    call.terminal.out(`_ipp.${addressDomain(address)}. IN TXT "${record}"\n`);
  }
  return key;
}

function imported(call: Call, address: string): Result<DeclarationKey> {
  const [keyFile, chainFile] = [call.value("key"), call.value("chain")];
  if (keyFile === undefined || chainFile === undefined) return misused("--key and --chain go together");
  const key = readPrivateKey(keyFile);
  const text = readText(chainFile, "--chain");
  if (!key.ok) return key;
  if (!text.ok) return text;
  const chain = parsePem(text.value);
  if (!chain.ok) return chain;
  return importDeclarationKey({ address, key: key.value, chain: chain.value, now: now(), listed: call.has("listed") });
}

/** Keys that the new one succeeds: still published, no longer signing. A key with a renewed certificate succeeds itself. */
function retireOthers(folder: string, keys: DeclarationKeys, successor: DeclarationKey): number {
  const { address, keyId } = successor;
  const before = keys.all.filter((key) => key.address === address && key.keyId !== keyId && key.state === "active");
  for (const key of before) writeDeclarationKey(folder, { ...key, state: "retired", retiredAt: now() });
  return before.length;
}

function reloadHint(call: Call): void {
  call.terminal.say("A running bridge takes it up after: systemctl reload waybill\n");
}

async function runNew(call: Call): Promise<Result<ExitCode>> {
  const address = onePositional(call, "ADDRESS");
  const context = opened(call);
  if (!address.ok) return address;
  if (!context.ok) return context;
  const { setup, folder, keys } = context.value;
  const own = ownAddress(setup, address.value);
  if (!own.ok) return own;
  const isImport = call.has("key") || call.has("chain");
  const key = isImport ? imported(call, own.value) : await made(call, { address: own.value, setup, folder });
  if (!key.ok) return key;
  // First: between the two the newer of two signs, and never nobody.
  writeDeclarationKey(folder, key.value);
  const retired = retireOthers(folder, keys, key.value);
  call.terminal.out(`${line(key.value)}\n`);
  if (retired > 0) call.terminal.say(`Its predecessor stays published until its last mail has expired.\n`);
  reloadHint(call);
  return ok(0);
}

async function runRotate(call: Call): Promise<Result<ExitCode>> {
  const address = onePositional(call, "ADDRESS");
  const context = opened(call);
  if (!address.ok) return address;
  if (!context.ok) return context;
  const has = context.value.keys.signing(address.value, now());
  if (has === null) return perm("keys/missing", `${address.value} has no certificate that signs: waybill cert new`);
  return runNew(call);
}

async function runShow(call: Call): Promise<Result<ExitCode>> {
  const context = opened(call);
  if (!context.ok) return context;
  const { folder, keys } = context.value;
  const asked = call.positionals.map(withAsciiDomain);
  for (const key of keys.all.filter(({ address }) => asked.length === 0 || asked.includes(address))) {
    call.terminal.out(`${line(key)}\n`);
    if (call.has("pem")) call.terminal.out(key.chain.map((der) => formatPem(der)).join(""));
  }
  const lacking = asked.filter((address) => !keys.all.some((key) => key.address === address));
  for (const address of lacking) call.terminal.say(`${address} has no certificate: waybill cert new ${address}\n`);
  if (keys.all.length === 0 && asked.length === 0)
    call.terminal.say(`No certificates in ${folder} yet: waybill cert new ADDRESS\n`);
  return ok(lacking.length > 0 || keys.all.length === 0 ? 1 : 0);
}

async function runWithdraw(call: Call): Promise<Result<ExitCode>> {
  const keyId = onePositional(call, "KEY-ID");
  const context = opened(call);
  if (!keyId.ok) return keyId;
  if (!context.ok) return context;
  const key = context.value.keys.all.find((one) => one.keyId === keyId.value);
  if (key === undefined) return perm("keys/missing", `there is no key ${keyId.value}: waybill cert show`);
  writeDeclarationKey(context.value.folder, { ...key, state: "withdrawn", retiredAt: now() });
  call.terminal.out(`${key.address}  ${key.keyId}  withdrawn\n`);
  call.terminal.say("Mail signed with it reads as not proven once others have asked again (within a day or two).\n");
  reloadHint(call);
  return ok(0);
}

const making = {
  ...configOption,
  kind: { value: "KIND", help: `key: ${keyKinds.join(", ")} (default p256)` },
  days: { value: "N", help: "validity in days (default 365)" },
  "self-signed": { value: null, help: "no CA: the key itself has to be vouched for" },
  key: { value: "FILE", help: "import this private key (PEM, PKCS #8) …" },
  chain: { value: "FILE", help: "… with this chain (PEM, leaf first)" },
  listed: { value: null, help: "answer <alias>.pub also to who doesn't know the key" },
} as const;

/** Commands about certificates. */
export const certCommands: readonly Command[] = [
  {
    name: "cert new",
    parameters: "ADDRESS",
    summary: "Make (or import) the certificate an address signs with",
    details: "By default the domain's own CA issues it, whose digest goes into the _ipp record once.",
    options: making,
    run: runNew,
  },
  {
    name: "cert rotate",
    parameters: "ADDRESS",
    summary: "Make a new certificate; the old one stays published for its mail",
    options: making,
    run: runRotate,
  },
  {
    name: "cert show",
    parameters: "[ADDRESS …]",
    summary: "List certificates, their state and validity",
    options: { ...configOption, pem: { value: null, help: "with the chains" } },
    run: runShow,
  },
  {
    name: "cert withdraw",
    parameters: "KEY-ID",
    summary: "Take a certificate back at once: stolen, or made by mistake",
    options: configOption,
    run: runWithdraw,
  },
];
