// Reads the configuration and every file it names, all or nothing: a mistake in any of them is one failure with words, at
// start and at SIGHUP alike.
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { parsePolicy } from "../../shared/policy/parse.ts";
import type { Policy } from "../../shared/policy/types.ts";
import { ok, perm, type Result } from "../../shared/result.ts";
import { parseCertificate, type Certificate } from "../../shared/x509/certificate.ts";
import { parsePem } from "../../shared/x509/pem.ts";
import { parseConfig, type Config } from "../config.ts";
import { parseUsers, type GrantRules, type User } from "../keys/grants.ts";
import type { Call } from "./command.ts";

/** The configuration with the content of the files it names. */
export interface Setup {
  readonly path: string;
  readonly config: Config;
  readonly floor: Policy | null;
  readonly policy: Policy;
  readonly grants: GrantRules;
  /** The trust store for mail certificates. */
  readonly anchors: readonly Certificate[];
  /** PEM text of CAs believed for https beside the public ones. */
  readonly extraCa: readonly string[];
  /** Certificate chain and key of the HTTP listener, PEM; null: a proxy does TLS. */
  readonly tls: { readonly certificate: string; readonly key: string } | null;
  /** `keys` documents of one's other servers, parsed JSON. */
  readonly otherKeys: readonly unknown[];
}

/** What applies where the operator says nothing: everything is let in, and marked. */
const openPolicy: Policy = {
  id: "built-in",
  maxAgeSeconds: 86_400,
  default: "accept",
  undeclared: "accept",
  rules: [],
};

/** A file's text. Permanent failure cli/file, with the operating system's word. */
export function readText(path: string, what: string): Result<string> {
  try {
    return ok(readFileSync(path, "utf8"));
  } catch (error) {
    const why = error instanceof Error ? error.message : "can't be read";
    // That it is a folder is said without its name.
    return perm("cli/file", `${what}: ${why.includes(path) ? why : `${path}: ${why}`}`);
  }
}

/** A file's octets, or standard input's where the path is "-". */
export function readBytes(path: string): Result<Uint8Array> {
  try {
    return ok(new Uint8Array(readFileSync(path === "-" ? 0 : path)));
  } catch (error) {
    return perm("cli/file", error instanceof Error ? error.message : path);
  }
}

function located<T>(result: Result<T>, field: string, path: string): Result<T> {
  return result.ok ? result : perm(result.code, `${field}: ${path}: ${result.detail}`);
}

/** Reads the file that a setting names, where it names one. */
function named<T, Absent>(
  path: string | undefined,
  field: string,
  parse: (text: string) => Result<T>,
  absent: Absent,
): Result<T | Absent> {
  if (path === undefined) return ok(absent);
  const text = readText(path, field);
  return text.ok ? located(parse(text.value), field, path) : text;
}

/** Certificates of a PEM file, parsed. Permanent failures: x509's, and trust/empty. */
export function parseAnchors(pem: string): Result<readonly Certificate[]> {
  const ders = parsePem(pem);
  if (!ders.ok) return ders;
  const parsed: Certificate[] = [];
  for (const der of ders.value) {
    const certificate = parseCertificate(der);
    if (!certificate.ok) return certificate;
    parsed.push(certificate.value);
  }
  return parsed.length === 0 ? perm("trust/empty", "no certificate in it") : ok(parsed);
}

function parseJson(text: string): Result<unknown> {
  try {
    const json: unknown = JSON.parse(text);
    return ok(json);
  } catch (error) {
    return perm("cli/json", error instanceof Error ? error.message : "not JSON");
  }
}

/** PEM text in which certificates stand: Node believes in none of a file without any, and says nothing. */
function parseCaText(pem: string): Result<string> {
  const anchors = parseAnchors(pem);
  return anchors.ok ? ok(pem) : anchors;
}

/** The HTTP listener's certificate and key, tried here: a reload has to know before it changes anything. */
function tlsOf({ http }: Config, cert: string | null, key: string | null): Result<Setup["tls"]> {
  if (cert === null || key === null) return ok(null);
  try {
    createSecureContext({ cert, key });
    return ok({ certificate: cert, key });
  } catch (error) {
    const why = error instanceof Error ? error.message : "not PEM";
    return perm("cli/tls", `http.certificate, http.key: ${http.certificate} and ${http.key} can't be used: ${why}`);
  }
}

/** The first failure of several results, or null. */
function firstFailure(results: readonly Result<unknown>[]): Result<never> | null {
  const failed = results.find((result) => !result.ok);
  return failed !== undefined && !failed.ok ? failed : null;
}

function grantRules(config: Config, users: readonly User[]): GrantRules {
  const { login_is_address: loginIsAddress, purposes } = config.signing;
  return { users: [...config.users, ...users], domains: config.domains, loginIsAddress, purposes };
}

/** Everything that `text`, the configuration at `path`, names. */
export function readSetup(path: string): Result<Setup> {
  const text = readText(path, "configuration");
  if (!text.ok) return text;
  const parsed = parseConfig(text.value);
  if (!parsed.ok) return perm(parsed.code, parsed.detail.replace(/^/gm, `${path}: `));
  const config = parsed.value;
  const { policy, signing, trust, fetch, http, seal } = config;
  const plain = (text: string): Result<string> => ok(text);
  const floor = named(policy.floor, "policy.floor", parsePolicy, null);
  const standard = named(policy.default, "policy.default", parsePolicy, openPolicy);
  const users = named(signing.users, "signing.users", parseUsers, []);
  const anchors = named(trust.ca, "trust.ca", parseAnchors, []);
  const extraCa = named(fetch.ca, "fetch.ca", parseCaText, null);
  const certificate = named(http.certificate, "http.certificate", plain, null);
  const key = named(http.key, "http.key", plain, null);
  const otherKeys = seal.other_keys.map((file) => named(file, "seal.other_keys", parseJson, null));
  const failed = firstFailure([floor, standard, users, anchors, extraCa, certificate, key, ...otherKeys]);
  if (failed !== null) return failed;
  const valueOf = <T>(result: Result<T>, absent: T): T => (result.ok ? result.value : absent);
  const tls = tlsOf(config, valueOf(certificate, null), valueOf(key, null));
  if (!tls.ok) return tls;
  const ca = valueOf(extraCa, null);
  return ok({
    path,
    config,
    floor: valueOf(floor, null),
    policy: valueOf(standard, openPolicy),
    grants: grantRules(config, valueOf(users, [])),
    anchors: valueOf(anchors, []),
    extraCa: ca === null ? [] : [ca],
    tls: tls.value,
    otherKeys: otherKeys.map((one) => valueOf(one, null)),
  });
}

/** Where keys live. */
export function keysFolder(config: Config): string {
  return join(config.state, "keys");
}

/** Where the configuration of this call is. */
export function configPath(call: Call): string {
  return call.value("config") ?? call.terminal.environment["WAYBILL_CONFIG"] ?? "/etc/waybill/waybill.toml";
}

/** The setup a command was called with. */
export function setupOf(call: Call): Result<Setup> {
  return readSetup(configPath(call));
}

/** Whether this user may look into the folder; one that isn't there hides nothing. */
function mayLookInto(folder: string): boolean {
  try {
    accessSync(folder, constants.R_OK | constants.X_OK);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "EACCES";
  }
}

/**
 * The same, for a command that works with keys and database: permanent failure cli/state where this user may not see them.
 * What can't be seen would be taken for what is not there.
 */
export function setupWithState(call: Call): Result<Setup> {
  const setup = setupOf(call);
  if (!setup.ok) return setup;
  const { config } = setup.value;
  const closed = [config.state, keysFolder(config)].find((folder) => !mayLookInto(folder));
  return closed === undefined ? setup : perm("cli/state", `${closed} is closed to this user: be root or waybill`);
}

/**
 * The same, for a command about a bridge that has run: permanent failure cli/no-state where there is no state folder. Its
 * keys are made where there are none, and would be of nobody.
 */
export function setupOfRunning(call: Call): Result<Setup> {
  const setup = setupWithState(call);
  if (!setup.ok || existsSync(setup.value.config.state)) return setup;
  const { state } = setup.value.config;
  return perm("cli/no-state", `${state} is not there: has the bridge run yet? systemctl start waybill`);
}
