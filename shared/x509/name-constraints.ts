// Name constraints: which names a CA may speak for. RFC 5280 section 4.2.1.10; RFC 9598 section 6: rfc822Name constraints
// hold for SmtpUTF8Mailbox as well.
// What can't be judged is refused: malformed constraints, malformed names under a constraint of their form, and forms
// unknown here where the extension is critical (an extension that isn't may be passed over for those).
import type { NameConstraints } from "./extensions.ts";
import type { GeneralName, GeneralNameForm } from "./general-name.ts";
import { type DistinguishedName, emailAddressType } from "./name.ts";
import { type MailboxName, hostName, internationalMailbox, isDnsName, plainMailbox } from "./san.ts";

/** A constraint made ready for comparing; `malformed` refuses, `unknown` refuses where the extension is critical. */
type Constraint =
  | { readonly kind: "mailbox"; readonly mailbox: MailboxName }
  /** `host`: this very host; `below`: hosts below it; `suffix`: both, "" being everything. */
  | { readonly kind: "host" | "below" | "suffix"; readonly host: string }
  | { readonly kind: "network"; readonly address: Uint8Array; readonly mask: Uint8Array }
  | { readonly kind: "directory"; readonly rdnKeys: readonly string[] }
  | { readonly kind: "malformed" | "unknown" };

type Constraints = ReadonlyMap<GeneralNameForm, readonly Constraint[]>;

/** A CA's constraints, ready for many names. */
export interface PreparedConstraints {
  readonly critical: boolean;
  readonly permitted: Constraints;
  readonly excluded: Constraints;
}

/** Comparisons still allowed, counted down while checking: names times constraints must not grow without bound. */
export interface ComparisonBudget {
  comparisons: number;
}

/** Makes a CA's constraints ready for checkConstraints. */
export function prepareConstraints(constraints: NameConstraints, critical: boolean): PreparedConstraints {
  return { critical, permitted: byForm(constraints.permitted), excluded: byForm(constraints.excluded) };
}

function byForm(subtrees: readonly GeneralName[]): Constraints {
  const forms = new Map<GeneralNameForm, Constraint[]>();
  for (const subtree of subtrees) {
    const list = forms.get(subtree.form) ?? [];
    list.push(prepare(subtree));
    forms.set(subtree.form, list);
  }
  return forms;
}

function prepare(subtree: GeneralName): Constraint {
  switch (subtree.form) {
    case "email":
      return prepareEmail(subtree.text);
    case "dns":
      return prepareDns(subtree.text);
    case "uri":
      // A constraint that is no host says nothing we could judge: URI constraints were long written as URLs.
      return prepareHost(subtree.text) ?? { kind: "unknown" };
    case "ip":
      return prepareNetwork(subtree.octets);
    case "directory":
      return { kind: "directory", rdnKeys: subtree.name.rdnKeys };
    case "smtpUtf8":
    case "other":
    case "x400":
    case "ediParty":
    case "registeredId":
      return { kind: "unknown" };
  }
}

function prepareEmail(text: string): Constraint {
  if (!text.includes("@")) return prepareHost(text) ?? { kind: "malformed" };
  const mailbox = plainMailbox(text);
  return mailbox === null ? { kind: "malformed" } : { kind: "mailbox", mailbox };
}

/** "host" or ".domain". */
function prepareHost(text: string): Constraint | null {
  const below = text.startsWith(".");
  const host = hostName(below ? text.slice(1) : text);
  return host === null || !isDnsName(host) ? null : { kind: below ? "below" : "host", host };
}

function prepareDns(text: string): Constraint {
  const host = text === "" ? "" : hostName(text.endsWith(".") ? text.slice(0, -1) : text);
  return host === null ? { kind: "malformed" } : { kind: "suffix", host };
}

/** Address and mask, the mask's ones all in front (RFC 4632 section 3.1's CIDR, as section 4.2.1.10 asks). */
function prepareNetwork(octets: Uint8Array): Constraint {
  if (octets.length !== 8 && octets.length !== 32) return { kind: "malformed" };
  const address = octets.subarray(0, octets.length / 2);
  const mask = octets.subarray(octets.length / 2);
  const bits = [...mask].map((octet) => octet.toString(2).padStart(8, "0")).join("");
  return bits.includes("01") ? { kind: "malformed" } : { kind: "network", address, mask };
}

/** The names of a certificate that constraints are about: subject, its emailAddress attributes, subjectAltName. */
export function constrainedNames(certificate: {
  readonly subject: DistinguishedName;
  readonly subjectAltNames: readonly GeneralName[] | null;
}): readonly GeneralName[] {
  const { subject } = certificate;
  const names: GeneralName[] = [...(certificate.subjectAltNames ?? [])];
  if (subject.rdnKeys.length > 0) names.push({ form: "directory", name: subject });
  // Section 4.2.1.10 asks for it where there is no subjectAltName; here it is asked always, as OpenSSL does.
  for (const { type, value } of subject.attributes)
    if (type === emailAddressType) names.push({ form: "email", text: value ?? "" });
  return names;
}

/** Why the names are not allowed ("email excluded"), or null: allowed. A used-up budget is a reason as well. */
export function checkConstraints(
  constraints: PreparedConstraints,
  names: readonly GeneralName[],
  budget: ComparisonBudget,
): string | null {
  for (const name of names) {
    const reason = checkName(constraints, name, budget);
    if (reason !== null) return reason;
    if (budget.comparisons < 0) return "too many comparisons";
  }
  return null;
}

function checkName(constraints: PreparedConstraints, name: GeneralName, budget: ComparisonBudget): string | null {
  const permitted = applicable(constraints.permitted, name.form);
  const excluded = applicable(constraints.excluded, name.form);
  budget.comparisons -= permitted.length + excluded.length;
  if (permitted.length + excluded.length === 0 || budget.comparisons < 0) return null;
  const all = [...permitted, ...excluded];
  if (all.some(({ kind }) => kind === "malformed")) return `${name.form} constraint malformed`;
  if (constraints.critical && all.some(({ kind }) => kind === "unknown")) return `${name.form} constraint unknown`;
  const known = permitted.filter(({ kind }) => kind !== "unknown");
  if (known.length + excluded.length > 0 && !isSound(name)) return `${name.form} name malformed`;
  if (excluded.some((constraint) => matches(constraint, name, "excluded"))) return `${name.form} excluded`;
  if (known.length > 0 && !known.some((constraint) => matches(constraint, name, "permitted")))
    return `${name.form} not permitted`;
  return null;
}

function applicable(constraints: Constraints, form: GeneralNameForm): readonly Constraint[] {
  const own = constraints.get(form) ?? [];
  return form === "smtpUtf8" ? [...own, ...(constraints.get("email") ?? [])] : own;
}

/** Whether a name under constraints is of a form that can be compared at all. */
function isSound(name: GeneralName): boolean {
  switch (name.form) {
    case "email":
      return plainMailbox(name.text) !== null;
    case "smtpUtf8":
      return internationalMailbox(name.text) !== null;
    case "dns":
      return isDnsName(name.text);
    case "uri":
      return uriHost(name.text) !== null;
    case "ip":
    case "directory":
    case "other":
    case "x400":
    case "ediParty":
    case "registeredId":
      return true;
  }
}

function matches(constraint: Constraint, name: GeneralName, use: "permitted" | "excluded"): boolean {
  switch (name.form) {
    case "email":
      return matchesMailbox(constraint, plainMailbox(name.text));
    case "smtpUtf8":
      return matchesMailbox(constraint, internationalMailbox(name.text));
    case "dns":
      return constraint.kind === "suffix" && matchesDns(constraint.host, name.text.toLowerCase(), use);
    case "uri":
      return matchesHost(constraint, uriHost(name.text));
    case "ip":
      return constraint.kind === "network" && isInNetwork(name.octets, constraint);
    case "directory":
      return (
        constraint.kind === "directory" &&
        constraint.rdnKeys.every((rdnKey, index) => rdnKey === name.name.rdnKeys[index])
      );
    case "other":
    case "x400":
    case "ediParty":
    case "registeredId":
      return false;
  }
}

function matchesMailbox(constraint: Constraint, mailbox: MailboxName | null): boolean {
  if (mailbox === null) return false;
  if (constraint.kind !== "mailbox") return matchesHost(constraint, mailbox.domain);
  return mailbox.localPart === constraint.mailbox.localPart && mailbox.domain === constraint.mailbox.domain;
}

function matchesHost(constraint: Constraint, host: string | null): boolean {
  if (constraint.kind === "host") return host === constraint.host;
  return constraint.kind === "below" && (host?.endsWith(`.${constraint.host}`) ?? false);
}

function matchesDns(suffix: string, name: string, use: "permitted" | "excluded"): boolean {
  const wildcard = name.startsWith("*.");
  const host = wildcard ? name.slice(2) : name;
  if (suffix === "" || host === suffix || host.endsWith(`.${suffix}`)) return true;
  // CVE-2025-61727: a wildcard is excluded already where one of the names it stands for would be.
  return use === "excluded" && wildcard && suffix.slice(suffix.indexOf(".") + 1) === host;
}

function isInNetwork(
  octets: Uint8Array,
  network: { readonly address: Uint8Array; readonly mask: Uint8Array },
): boolean {
  const { address, mask } = network;
  return (
    octets.length === address.length &&
    octets.every((octet, index) => ((octet ^ (address[index] ?? 0)) & (mask[index] ?? 0)) === 0)
  );
}

/** The host name of a URI's authority (RFC 3986 section 3.2), or null: none, or an address. */
function uriHost(uri: string): string | null {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/iu.exec(uri)?.[1] ?? "";
  const host = hostName(authority.slice(authority.lastIndexOf("@") + 1).replace(/:\d*$/u, ""));
  return host !== null && isDnsName(host) ? host : null;
}
