// What Postfix has to be told for a configuration: main.cf parameters and master.cf services, as data, so that `waybill
// postfix` prints them and `waybill doctor` compares them. postconf(5), MILTER_README, SMTPD_POLICY_README.
import type { Config } from "../config.ts";
import { formatEndpoint, type Endpoint } from "../endpoint/endpoint.ts";
import { listOf, placeOf } from "./postconf.ts";

/** One parameter of main.cf. */
export interface Parameter {
  readonly name: string;
  readonly value: string;
  /** Why, for the comment and doctor's remedy. */
  readonly because: string;
  /** "is": this value. "has": among others, in this place. */
  readonly match: "is" | "first" | "includes";
}

/** One service of master.cf. */
export interface Service {
  readonly name: string;
  /** "smtpd" listens on the network, "smtp" delivers to it. */
  readonly program: "smtpd" | "smtp";
  readonly comment: string;
  readonly options: readonly (readonly [name: string, value: string])[];
}

/** How Postfix names a place: milters and policy services spell it differently. */
export function milterPlace(endpoint: Endpoint): string {
  return endpoint.kind === "unix" ? `unix:${endpoint.path}` : `inet:${formatEndpoint(endpoint)}`;
}

function placesOf(config: Config, kind: Config["milter"][number]["kind"]): readonly string[] {
  const order = { strip: 0, single: 1, seal: 2 } as const;
  return config.milter
    .filter((one) => one.kind === kind)
    .toSorted((one, other) => order[one.pass] - order[other.pass])
    .map(({ listen }) => milterPlace(listen));
}

/**
 * One's own milters, each once, around those that Postfix has already: strip first, seal last; a single pass where it is, or
 * last.
 */
export function milterChain(config: Config, existing: readonly string[]): string {
  const own = placesOf(config, "border");
  const others = existing.filter((item) => !own.includes(placeOf(item)));
  const at = existing.findIndex((item) => own.includes(placeOf(item)));
  if (own.length === 1 && at >= 0) return others.toSpliced(at, 0, ...own).join(", ");
  const hasStrip = config.milter.some(({ kind, pass }) => kind === "border" && pass === "strip");
  const [first, ...rest] = own;
  return (hasStrip && first !== undefined ? [first, ...others, ...rest] : [...others, ...own]).join(", ");
}

/**
 * header_checks(5) for mail that leaves (protocol section 4.1), as a table without a file (DATABASE_README, Postfix 3.7).
 * Obsolete syntax allows blanks before the colon.
 */
const leavingChecks = "regexp:{{/^Hop-[^:]*:/ IGNORE}}";

/** Parameters for main.cf; `existing`: the milters that Postfix has now. */
export function mainParameters(config: Config, existing: readonly string[]): readonly Parameter[] {
  const policy = config.policy_service.listen;
  const service = `check_policy_service ${policy.kind === "unix" ? `unix:${policy.path}` : `inet:${formatEndpoint(policy)}`}`;
  const border = placesOf(config, "border");
  const failure = config.on_failure;
  return [
    ...(border.length === 0
      ? []
      : [
          {
            name: "smtpd_milters",
            value: milterChain(config, existing),
            because: "incoming mail goes through the bridge",
            match: "includes",
          } as const,
        ]),
    { name: "milter_protocol", value: "6", because: "protocol version", match: "is" },
    {
      name: "milter_default_action",
      value: failure,
      because: "what happens to mail while the bridge is stopped: it waits at the sender",
      match: "is",
    },
    {
      name: "message_strip_characters",
      value: "\\0",
      because:
        "milters are shown a field up to its first NUL, readers all of it: a stranger's NUL would break the seal",
      match: "is",
    },
    {
      name: "smtp_header_checks",
      value: leavingChecks,
      because: "Hop-Signals stay in the house: what a forward or an alias sends on loses them (Postfix 3.7 or newer)",
      match: "first",
    },
    {
      // Prepended fields come once a mail, at DATA.
      name: config.policy_service.handover === "header" ? "smtpd_data_restrictions" : "smtpd_recipient_restrictions",
      value: service,
      because: "the policy service alone is told client certificates' fingerprints; it comes first in the list",
      match: "first",
    },
    {
      name: "smtpd_policy_service_default_action",
      value: "DUNNO",
      because: "without the policy service mail still comes in, its certificate not recorded",
      match: "is",
    },
    { name: "smtpd_tls_ask_ccert", value: "yes", because: "other servers' certificates are asked for", match: "is" },
    {
      name: "smtpd_tls_fingerprint_digest",
      value: "sha256",
      because: "fingerprints as Hop-Signals have them",
      match: "is",
    },
    {
      name: "smtpd_tls_received_header",
      value: "yes",
      because: "TLS stands in Received too, for readers without a bridge",
      match: "is",
    },
  ];
}

/**
 * Services for master.cf; `existing`: the milters that Postfix has now. A service's own list replaces main.cf's, so the
 * others stand there again, behind ours: DKIM signs after us (protocol section 3.2). chroot is off: sockets below /run
 * are out of a chroot's reach.
 */
export function masterServices(config: Config, existing: readonly string[]): readonly Service[] {
  const own = config.milter.map(({ listen }) => milterPlace(listen));
  const others = existing.filter((item) => !own.includes(placeOf(item)));
  const submission = placesOf(config, "submission");
  const inner = placesOf(config, "inner");
  const milters = (places: readonly string[]): readonly [string, string] => ["smtpd_milters", places.join(", ")];
  const users = [
    ["smtpd_sasl_auth_enable", "yes"],
    ["smtpd_client_restrictions", "permit_sasl_authenticated,reject"],
    ["smtpd_recipient_restrictions", "permit_sasl_authenticated,reject"],
  ] as const;
  const services: Service[] = [
    { name: "smtp", program: "smtpd", comment: "mail from outside", options: [] },
    {
      name: "relay",
      program: "smtp",
      comment: "mail to one's own servers behind this one keeps its Hop-Signals",
      options: [["smtp_header_checks", ""]],
    },
  ];
  if (submission.length > 0) {
    services.push(
      {
        name: "submission",
        program: "smtpd",
        comment: "one's own users, STARTTLS",
        options: [["smtpd_tls_security_level", "encrypt"], ...users, milters([...submission, ...others])],
      },
      {
        name: "submissions",
        program: "smtpd",
        comment: "one's own users, TLS from the start",
        options: [["smtpd_tls_wrappermode", "yes"], ...users, milters([...submission, ...others])],
      },
    );
  }
  if (inner.length > 0) {
    services.push({
      name: "10025",
      program: "smtpd",
      comment: "one's own servers only: restrict who reaches it",
      options: [["smtpd_client_restrictions", "permit_mynetworks,reject"], milters(inner)],
    });
  }
  return services;
}

/** What Postfix does while this milter is away: its own option, or what all have. */
export function actionOf(item: string, failure: Config["on_failure"]): string {
  return /default_action\s*=\s*(\w+)/.exec(item)?.[1] ?? failure;
}

/**
 * Whether all of these milters are called, and none of ours with an answer of its own for when it is away. Ours are wanted
 * without options; others keep theirs.
 */
export function callsMilters(wanted: readonly string[], current: string, failure: Config["on_failure"]): boolean {
  const items = listOf(current);
  return wanted.every((want) =>
    items.some(
      (item) => placeOf(item) === placeOf(want) && (want.startsWith("{") || actionOf(item, failure) === failure),
    ),
  );
}

/**
 * Whether these milters are called one after the other as often as they stand here, whatever is called between: what is
 * sealed first and stripped then has no seal; one that is called twice does its work twice.
 */
export function callsInOrder(wanted: readonly string[], current: string): boolean {
  const places = wanted.map(placeOf);
  const called = listOf(current)
    .map(placeOf)
    .filter((place) => places.includes(place));
  return called.join(" ") === places.join(" ");
}

/** Whether a list has these items one behind the other, with options or without. */
function hasInARow(wanted: readonly string[], current: readonly string[]): boolean {
  const places = current.map(placeOf);
  return places.some((_, start) => wanted.every((want, index) => places[start + index] === want));
}

/** Whether Postfix' value of a parameter does what ours does. */
export function holds({ match, value }: Parameter, current: string, failure: Config["on_failure"]): boolean {
  switch (match) {
    case "is":
      return current === value;
    case "first":
      return current.replace(/\s+/g, " ").includes(value) || hasInARow(listOf(value), listOf(current));
    case "includes":
      return callsMilters(listOf(value), current, failure) && callsInOrder(listOf(value), current);
  }
}

/** A list as master.cf's -o has it: blanks end a word there. */
export function withoutBlanks(list: string): string {
  return list.replace(/([,{])\s+|\s+(?=\})/g, "$1");
}

/** master.cf text of a service. */
export function formatService(service: Service): string {
  const options = service.options.map(([name, value]) => `  -o ${name}=${withoutBlanks(value)}\n`).join("");
  const kind = service.program === "smtpd" ? "inet  n" : "unix  -";
  return `# ${service.comment}\n${service.name.padEnd(12)}${kind}       -       n       -       -       ${service.program}\n${options}`;
}
