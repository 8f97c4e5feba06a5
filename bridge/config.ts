// The one configuration file: TOML text -> unknown -> frozen Config. Every mistake names its field and what was expected.
// Files that it names (policies, users, certificates) are read elsewhere: this file does no I/O.
import { parse as parseToml, TomlError } from "smol-toml";
import * as v from "valibot";
import { parsePurpose } from "../shared/ipp/registry.ts";
import { perm, ok, type Result } from "../shared/result.ts";
import {
  addressAndPort,
  days,
  domain,
  endpoint,
  host,
  hostAndPort,
  httpUrl,
  path,
  purposePattern,
} from "./config-values.ts";
import { formatEndpoint } from "./endpoint/endpoint.ts";
import { isCidr } from "./fetch/destination.ts";

const section = <const Entries extends v.ObjectEntries>(entries: Entries) =>
  v.optional(v.strictObject(entries), {} as never);

const milterSchema = v.strictObject({
  /** "border" takes mail from outside, "inner" from one's own servers, "submission" from one's own users. */
  kind: v.picklist(["border", "inner", "submission"]),
  /** Socket path or host:port (Postfix' smtpd_milters says the same). */
  listen: endpoint,
  /** "single": strip, judge and seal at once. Where other milters run between: "strip" first and "seal" last. */
  pass: v.optional(v.picklist(["single", "strip", "seal"]), "single"),
  /** Permissions of the socket file; Postfix' user has to be able to write to it. */
  mode: v.optional(v.pipe(v.string(), v.regex(/^0?[0-7]{3}$/, 'expected permissions like "0660"')), "0660"),
});

const userSchema = v.strictObject({
  /** SASL login. */
  login: v.pipe(v.string(), v.minLength(1)),
  /**
   * Addresses he may sign as; "@example.org" is every address there. A single address that no other login has is also his
   * as a reader: mail that came to it is his to complain about, whichever of them his add-on is paired with.
   */
  addresses: v.pipe(
    v.array(v.pipe(v.string(), v.regex(/@[^@\s]+$/, "expected an address or @domain"))),
    v.minLength(1),
  ),
  /** Purposes he may declare. */
  purposes: v.optional(v.array(purposePattern), ["*"]),
  /** Declared where he wishes nothing; "" leaves such mail undeclared. */
  unasked: v.optional(
    v.pipe(
      v.string(),
      v.check((text) => text === "" || parsePurpose(text).ok, 'expected a purpose, like "transactional.invoice"'),
    ),
    "",
  ),
});

const schema = v.strictObject({
  /** Name of this mail server: `by` of Hop-Signals and authserv-id of its Authentication-Results. */
  hostname: host,
  /** Mail domains of one's own: mail from them is signed, `_ipp` is published for them. The first one seals. */
  domains: v.pipe(v.array(domain), v.minLength(1, "expected at least one mail domain")),
  /** Characters that begin a subaddress of one's readers, as Postfix' recipient_delimiter: bob+shop is bob. */
  recipient_delimiter: v.optional(
    v.pipe(v.string(), v.regex(/^[!#$%&'*+/=?^_`{|}~.-]*$/, 'expected characters like "+" or "+-", or ""')),
    "+",
  ),
  /** Where keys and database live. */
  state: v.optional(path, "/var/lib/waybill"),
  /** What the milter answers when the bridge itself fails: "tempfail" loses no mail and lets none through unmarked. */
  on_failure: v.optional(v.picklist(["tempfail", "accept"]), "tempfail"),
  /** Judge and mark, but never reject or quarantine. */
  report_only: v.optional(v.boolean(), false),
  /** What "quarantine" does: "mark" delivers the mail with the decision in its Hop-Signal, "hold" keeps it in Postfix' hold queue. */
  quarantine: v.optional(v.picklist(["mark", "hold"]), "mark"),
  seal: section({
    /** Domain whose keys seal; empty: the first of `domains`. */
    domain: v.optional(v.union([v.literal(""), domain]), ""),
    /** What one's own MX publishes: "dane", "sts". */
    publishes: v.optional(v.array(v.picklist(["dane", "sts"])), []),
    /** `keys` documents (JSON files) of one's other servers, whose seals inner listeners keep. */
    other_keys: v.optional(v.array(path), []),
    /** Names in Authentication-Results of one's own filters that are believed, beside `hostname`. */
    authserv_ids: v.optional(v.array(host), []),
  }),
  milter: v.optional(v.array(milterSchema, "expected sections [[milter]]"), [
    { kind: "border", listen: "/run/waybill/milter.sock", pass: "single", mode: "0660" },
    { kind: "submission", listen: "/run/waybill/submission.sock", pass: "single", mode: "0660" },
  ]),
  policy_service: section({
    /** Postfix' check_policy_service; it alone knows client certificates' fingerprints. */
    listen: v.optional(endpoint, "127.0.0.1:8892"),
    /** How what it learns reaches the milter: "memory" in one process, "header" (MACed, prepended) between two. */
    handover: v.optional(v.picklist(["memory", "header"]), "memory"),
  }),
  http: section({
    listen: v.optional(hostAndPort, "127.0.0.1:8890"),
    /** What the world sees, through a reverse proxy or `certificate`: `_ipp` records point there. */
    url: v.optional(httpUrl),
    /** Base path of `_ipp` documents, `{d}` added. */
    path: v.optional(v.pipe(v.string(), v.regex(/^\/([\w~.-]+\/)*$/, 'expected a path like "/ipp/"')), "/ipp/"),
    /** PEM chain and key, when no proxy does TLS. */
    certificate: v.optional(path),
    key: v.optional(path),
    /** Addresses of reverse proxies whose X-Forwarded-For is believed, beside loopback. */
    trusted_proxies: v.optional(v.array(v.pipe(v.string(), v.ip("expected an IP address"))), []),
    /** Whether the postmaster's page opens without a token to whoever sits at this machine; see opensOnLoopback. */
    admin_on_loopback: v.optional(v.boolean(), true),
  }),
  dns: section({
    /** A validating resolver; only a loopback one's word on DNSSEC counts. */
    resolver: v.optional(addressAndPort, "127.0.0.1:53"),
    timeout_ms: v.optional(
      v.pipe(v.number(), v.integer("expected a whole number"), v.minValue(100), v.maxValue(30_000)),
      4_000,
    ),
  }),
  fetch: section({
    /** Labs only: lets senders' documents live on loopback. */
    allow_loopback: v.optional(v.boolean(), false),
    /** PEM file of CAs believed for https beside the public ones (labs). */
    ca: v.optional(path),
    /** CIDR ranges never connected to, beside all that isn't public. */
    refuse: v.optional(v.array(v.pipe(v.string(), v.check(isCidr, 'expected a range like "10.0.0.0/8"'))), []),
  }),
  trust: section({
    /** PEM file of CAs whose mail certificates give trust `pkix`. Without it no certificate does. */
    ca: v.optional(path),
  }),
  signing: section({
    /** Life of a declaration, x - t (at most 14 days). */
    days: v.optional(days(1, 14), 7),
    /** Whether a login that is an address of `domains` may sign as itself without an entry in `users`. */
    login_is_address: v.optional(v.boolean(), true),
    /** Purposes of such a login. */
    purposes: v.optional(v.array(purposePattern), ["*"]),
    /** File with one "login address[,address] purpose[,purpose]" a line, beside `users`. */
    users: v.optional(path),
  }),
  users: v.optional(v.array(userSchema, "expected sections [[users]]"), []),
  publish: section({
    /** `m=all` in the TXT record that `doctor` asks for: mail From these domains that isn't signed is a violation. */
    all_mail: v.optional(v.boolean(), false),
    /** `sub`: the character that starts a subaddress, or "". */
    subaddress: v.optional(v.picklist(["", "+", "-", "="]), ""),
  }),
  policy: section({
    /** JSON policies (docs/protocol.md, section 5): below the floor nobody goes; the default is for who has none. */
    floor: v.optional(path),
    default: v.optional(path),
  }),
  mail: section({
    /** Where the bridge hands in its own mail: pairing codes, feedback reports. */
    smtp: v.optional(hostAndPort, "127.0.0.1:25"),
    /** Its From; empty: postmaster at the sealing domain. */
    from: v.optional(
      v.pipe(v.string(), v.regex(/^([^\s@<>"]+@[^\s@<>"]+)?$/, 'expected an address without a name, or ""')),
      "",
    ),
  }),
  reports: section({
    /** How long a complaint can be taken back, s. */
    undo_seconds: v.optional(
      v.pipe(v.number(), v.integer("expected a whole number"), v.minValue(5), v.maxValue(3_600)),
      600,
    ),
    /** Random delay after that, s, so that no sender sees who read when. */
    delay_min_seconds: v.optional(v.pipe(v.number(), v.integer("expected a whole number"), v.minValue(0)), 3_600),
    delay_max_seconds: v.optional(
      v.pipe(v.number(), v.integer("expected a whole number"), v.minValue(0), v.maxValue(259_200)),
      86_400,
    ),
    /**
     * Feedback loops agreed with senders: domain to the address that gets an ARF report beside ours (RFC 5965). Mail whose
     * DKIM-signed CFBL-Address says so needs none of this (RFC 9477).
     */
    feedback: v.optional(v.record(domain, v.pipe(v.string(), v.email("expected an address"))), {}),
  }),
  retention: section({
    signals_days: v.optional(days(1, 3_650), 30),
    complaints_days: v.optional(days(1, 3_650), 400),
    /** Added to a token's own expiry. */
    tokens_extra_days: v.optional(days(0, 365), 1),
  }),
  log: section({
    /** "debug" writes addresses; the others hold no personal data. */
    level: v.optional(v.picklist(["debug", "info", "warn", "error"]), "info"),
  }),
});

type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> }
    : T;

/** The configuration, every default filled in. Field names are those of the file. */
export type Config = Frozen<v.InferOutput<typeof schema>>;

function freeze<T>(value: T): Frozen<T> {
  if (typeof value === "object" && value !== null) {
    Object.values(value).forEach(freeze);
    Object.freeze(value);
  }
  return value as Frozen<T>;
}

function describe(issue: v.BaseIssue<unknown>): string {
  const field = v.getDotPath(issue) ?? "the file";
  if (issue.type === "strict_object" && issue.expected === "never") return `${field}: there is no such setting`;
  // A missing key of an object is reported by the object, which expects the key's own name.
  if (issue.received === "undefined") {
    return issue.expected?.startsWith('"') === true
      ? `${field}: missing, and there is no default`
      : `${field}: missing; ${wanted(issue)}`;
  }
  return `${field}: ${wanted(issue)}, got ${issue.received}`;
}

function wanted(issue: v.BaseIssue<unknown>): string {
  if (!issue.message.startsWith("Invalid")) return issue.message;
  return issue.expected === null ? issue.message : `expected ${issue.expected.replaceAll(" | ", " or ")}`;
}

/** What valibot can't say of one field alone. */
function contradictions(config: Config): readonly string[] {
  const found: string[] = [];
  const { http, reports, milter, policy_service: policy } = config;
  if ((http.certificate === undefined) !== (http.key === undefined)) {
    found.push("http.key: expected together with http.certificate");
  }
  if (reports.delay_max_seconds < reports.delay_min_seconds) {
    found.push("reports.delay_max_seconds: expected not less than reports.delay_min_seconds");
  }
  const places = milter.map(({ listen }) => formatEndpoint(listen));
  const twice = places.find((place, index) => places.indexOf(place) !== index);
  if (twice !== undefined) found.push(`milter.listen: expected a place of its own for each, got ${twice} twice`);
  for (const [name, { listen }] of [["policy_service", policy] as const, ["http", http] as const]) {
    const place = formatEndpoint(listen);
    const others = name === "http" ? [...places, formatEndpoint(policy.listen)] : places;
    // Port 0 is each time another.
    if (others.includes(place) && !place.endsWith(":0"))
      found.push(`${name}.listen: expected a place of its own, another listens on ${place}`);
  }
  for (const kind of ["border", "inner"] as const) {
    const passes = new Set(milter.filter((one) => one.kind === kind).map(({ pass }) => pass));
    if (passes.has("strip") !== passes.has("seal")) {
      found.push(`milter.pass: expected both "strip" and "seal" for ${kind}, or "single"`);
    }
  }
  return found;
}

/** TOML text -> Config. Permanent failure config/syntax (with the line) or config/field (all mistakes, one a line). */
export function parseConfig(text: string): Result<Config> {
  let raw: unknown;
  try {
    raw = parseToml(text);
  } catch (error) {
    if (error instanceof TomlError) return perm("config/syntax", `line ${error.line}: ${error.message.split("\n")[0]}`);
    throw error;
  }
  const parsed = v.safeParse(schema, raw);
  if (!parsed.success) return perm("config/field", parsed.issues.map(describe).join("\n"));
  const config = freeze(parsed.output);
  const wrong = contradictions(config);
  return wrong.length > 0 ? perm("config/field", wrong.join("\n")) : ok(config);
}

/** The domain that seals (`s`). */
export function sealDomain(config: Pick<Config, "seal" | "domains" | "hostname">): string {
  return config.seal.domain === "" ? (config.domains[0] ?? config.hostname) : config.seal.domain;
}

/**
 * Whether a client on loopback is the postmaster. Not where a proxy brings the world: nginx, left as it is, calls us by our
 * own loopback name and says of nobody where he comes from, so that everybody would be.
 */
export function opensOnLoopback({ http }: Pick<Config, "http">): boolean {
  const behindProxy = http.url !== undefined && http.certificate === undefined;
  return http.admin_on_loopback && !behindProxy;
}
