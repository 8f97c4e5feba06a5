// The command line as a process: words, exit codes, no stack traces, and a mail signed by one command and verified by another.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Terminal } from "../../../bridge/cli/command.ts";
import { commands } from "../../../bridge/cli/commands.ts";
import { runCommandLine } from "../../../bridge/cli/run.ts";
import { formatPrivateKey } from "../../../bridge/keys/key-file.ts";
import { newDeclarationKey } from "../../../bridge/keys/new-declaration-key.ts";
import { formatPem } from "../../../shared/x509/pem.ts";
import { must } from "../../fakes/mail.ts";

const waybill = join(import.meta.dirname, "..", "..", "..", "bridge", "waybill");
let folder: string;
let config: string;

interface Done {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** In this process: fast, and what is written goes where tests can read it. */
async function run(args: readonly string[]): Promise<Done> {
  const written = { out: "", err: "" };
  const text = (piece: string | Uint8Array): string =>
    typeof piece === "string" ? piece : Buffer.from(piece).toString();
  const terminal: Terminal = {
    out: (piece) => void (written.out += text(piece)),
    say: (piece) => void (written.err += piece),
    environment: { WAYBILL_CONFIG: config },
    onReload: () => undefined,
  };
  const code = await runCommandLine(commands, args, terminal, new AbortController().signal);
  return { code, ...written };
}

/** As a process of its own. */
function spawned(args: readonly string[], input = ""): Done {
  const env = { ...process.env, WAYBILL_CONFIG: config, NODE_OPTIONS: "" };
  const done = spawnSync(waybill, [...args], { input, encoding: "utf8", env });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

const mail = `From: Billing <billing@bank.example>\r
To: alice@example.net\r
Subject: Invoice\r
\r
Please pay.\r
`;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "waybill-cli-"));
  config = join(folder, "waybill.toml");
  writeFileSync(
    config,
    `hostname = "mx1.bank.example"
domains = ["bank.example"]
state = "${join(folder, "state")}"
[http]
url = "https://ipp.bank.example"
[dns]
resolver = "127.0.0.1:1"
timeout_ms = 200
[[milter]]
kind = "border"
listen = "/run/waybill/milter.sock"
[[milter]]
kind = "submission"
listen = "/run/waybill/submission.sock"
[[milter]]
kind = "inner"
listen = "127.0.0.1:8891"
`,
  );
  writeFileSync(join(folder, "mail.eml"), mail);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("help and mistakes", () => {
  test.each([
    { name: "overview", args: ["--help"], code: 0, out: "cert new" },
    { name: "a group's", args: ["cert", "--help"], code: 0, out: "cert rotate" },
    { name: "a command's", args: ["verify", "--help"], code: 0, out: "--trust-ca PEM" },
    { name: "help first", args: ["help"], code: 0, out: "Usage: waybill" },
    { name: "nothing", args: [], code: 2, err: "Usage: waybill" },
    { name: "an unknown command", args: ["vreify"], code: 2, err: 'there is no command "vreify"' },
    { name: "an unknown subcommand", args: ["cert", "mke"], code: 2, err: 'there is no command "cert mke"' },
    { name: "an unknown option", args: ["verify", "--foo", "x"], code: 2, err: "Unknown option '--foo'" },
    { name: "a missing file name", args: ["verify"], code: 2, err: "expected FILE" },
    { name: "two files", args: ["verify", "a", "b"], code: 2, err: "expected one FILE, got 2" },
    { name: "a missing file", args: ["verify", "/nowhere"], code: 2, err: "/nowhere" },
    {
      name: "a name for a resolver",
      args: ["verify", "x", "--resolver", "nobody"],
      code: 2,
      err: "--resolver: expected",
    },
    {
      name: "a resolver at no port",
      args: ["verify", "x", "--resolver", "[::1]:0"],
      code: 2,
      err: "--resolver: expected",
    },
    { name: "a recipient that is none", args: ["verify", "x", "--rcpt", "alice"], code: 2, err: "--rcpt: expected" },
    { name: "a configuration without its option", args: ["serve", "x.toml"], code: 2, err: 'got "x.toml"' },
    { name: "a time that is none", args: ["verify", "x", "--at", "noon"], code: 2, err: "--at: expected" },
    {
      name: "a missing configuration",
      args: ["cert", "show", "--config", "/nowhere.toml"],
      code: 2,
      err: "/nowhere.toml",
    },
    { name: "an address that is none", args: ["cert", "new", "alice"], code: 2, err: "expected an address" },
    { name: "a foreign domain", args: ["cert", "new", "a@other.example"], code: 2, err: "other.example is not in" },
    {
      name: "a kind of key",
      args: ["cert", "new", "a@bank.example", "--kind", "dsa"],
      code: 2,
      err: "--kind: expected",
    },
    {
      name: "days",
      args: ["cert", "new", "a@bank.example", "--days", "x"],
      code: 2,
      err: "--days: expected 1 to 3650",
    },
    { name: "half an import", args: ["cert", "new", "a@bank.example", "--key", "x"], code: 2, err: "go together" },
    { name: "no such key", args: ["cert", "withdraw", "x"], code: 2, err: "there is no key x" },
    { name: "nothing to rotate", args: ["cert", "rotate", "nobody@bank.example"], code: 2, err: "waybill cert new" },
  ])("$name", async ({ args, code, out = "", err = "" }) => {
    const done = await run(args);
    expect(done.out).toContain(out);
    expect(done.err).toContain(err);
    expect(done.code).toBe(code);
  });

  test("a configuration's mistakes name file, field and expectation", async () => {
    const path = join(folder, "wrong.toml");
    writeFileSync(path, 'hostname = "mx"\ndomains = ["bank.example"]\non_failure = "drop"\n');
    const done = await run(["cert", "show", "--config", path]);
    expect(done).toMatchObject({ code: 2 });
    expect(done.err).toContain(`${path}: on_failure: expected ("tempfail" or "accept"), got "drop"`);
  });

  test("a file that the configuration names and that is wrong is named too", async () => {
    const [path, policy] = [join(folder, "named.toml"), join(folder, "floor.json")];
    writeFileSync(policy, "{}");
    writeFileSync(path, `hostname = "mx"\ndomains = ["bank.example"]\n[policy]\nfloor = "${policy}"\n`);
    const done = await run(["cert", "show", "--config", path]);
    expect(done).toMatchObject({ code: 2 });
    expect(done.err).toContain(`policy.floor: ${policy}: `);
  });
});

describe("from a certificate to a verified mail", () => {
  const at = (): string => String(Math.floor(Date.now() / 1000));
  let keyId = "";

  test("cert new makes a CA once, and says what to publish", async () => {
    const first = await run(["cert", "new", "billing@bank.example"]);
    expect(first).toMatchObject({ code: 0 });
    expect(first.out).toMatch(
      /^_ipp\.bank\.example\. IN TXT "v=IPP1; t=url; url=https:\/\/ipp\.bank\.example\/ipp\/\{d\}\/; ca=sha256:[\w-]{43}"$/m,
    );
    keyId = /billing@bank\.example {2}([\w-]{43})/.exec(first.out)?.[1] ?? "";
    const second = await run(["cert", "new", "news@bank.example", "--kind", "ed25519"]);
    expect(second.out).not.toContain("TXT");
    expect((await run(["cert", "show"])).out.split("\n").length).toBe(3);
    expect((await run(["cert", "show", "billing@bank.example", "--pem"])).out).toContain("BEGIN CERTIFICATE");
  });

  test("the domain of an address is one, however it is written", async () => {
    const shown = await run(["cert", "show", "billing@Bank.EXAMPLE"]);
    expect(shown).toMatchObject({ code: 0, err: "" });
    expect(shown.out).toContain(keyId);
    const [path, state] = [join(folder, "umlaut.toml"), join(folder, "umlaut")];
    writeFileSync(path, `hostname = "mx"\ndomains = ["xn--bcher-kva.example"]\nstate = "${state}"\n`);
    const made = await run(["cert", "new", "eva@bücher.example", "--config", path]);
    expect(made).toMatchObject({ code: 0 });
    expect(made.out).toContain("eva@xn--bcher-kva.example  ");
    expect(await run(["cert", "show", "eva@bücher.example", "--config", path])).toMatchObject({ code: 0, err: "" });
  });

  test("sign prints the mail with its declaration, verify holds it over a ZONE.json", async () => {
    const signed = await run([
      "sign",
      join(folder, "mail.eml"),
      "--purpose",
      "transactional.invoice",
      "--cls",
      "individual",
    ]);
    expect(signed).toMatchObject({ code: 0, err: "" });
    expect(signed.out).toContain("IPP-Signature:");
    expect(signed.out).not.toContain("X-IPP-Purpose");
    const pem = (await run(["cert", "show", "billing@bank.example", "--pem"])).out.replace(/^[^-].*@.*\n/, "");
    const zone = join(folder, "zone.json");
    const record = "v=IPP1; t=url; url=https://ipp.bank.example/ipp/{d}/";
    const documents = { [`https://ipp.bank.example/ipp/bank.example/billing.pub?ks=${keyId}`]: pem };
    const names = { "_ipp.bank.example": { txt: [record], dnssec: "secure" } };
    writeFileSync(zone, JSON.stringify({ names, documents }));
    const file = join(folder, "signed.eml");
    writeFileSync(file, signed.out);
    const verified = await run(["verify", file, "--dns", zone]);
    expect(verified).toMatchObject({ code: 0, err: "" });
    expect(verified.out).toContain("pass: the declaration holds");
    expect(verified.out).toContain("site: published at ipp.bank.example");

    const json = await run(["verify", file, "--dns", zone, "--json", "--at", at()]);
    expect(JSON.parse(json.out)).toMatchObject({
      result: "pass",
      declaration: { purpose: "transactional.invoice", classification: "individual" },
      signer: { address: "billing@bank.example", keyId },
      trust: { level: "site" },
    });

    const authority = join(folder, "ca.pem");
    writeFileSync(
      authority,
      readFileSync(join(folder, "state", "keys", "authority-bank.example.pem"), "utf8").replace(
        /-----BEGIN PRIVATE[^]*PRIVATE KEY-----\n/,
        "",
      ),
    );
    expect((await run(["verify", file, "--dns", zone, "--trust-ca", authority])).out).toContain(
      "pkix: a path leads to",
    );

    const cases = [
      { name: "tampered", text: signed.out.replace("Please pay.", "Please pay twice."), args: [], want: "broken" },
      { name: "forwarded", text: signed.out, args: ["--rcpt", "bob@other.example"], want: "forwarded" },
      { name: "a year later", text: signed.out, args: ["--at", "2035-01-01"], want: "expired" },
      { name: "unsigned", text: mail, args: [], want: "none" },
    ];
    for (const { name, text, args, want } of cases) {
      writeFileSync(join(folder, "case.eml"), text);
      const done = await run(["verify", join(folder, "case.eml"), "--dns", zone, ...args]);
      expect([name, done.code, done.out.split("\n")[0]]).toEqual([name, 1, expect.stringContaining(want)]);
    }
  });

  test("a dead resolver is a temporary error, not a verdict", async () => {
    const done = await run(["verify", join(folder, "signed.eml"), "--resolver", "127.0.0.1:1"]);
    expect(done).toMatchObject({ code: 75 });
    expect(done.out).toContain("temperror");
  });

  test("sign says why it can't", async () => {
    expect(await run(["sign", join(folder, "mail.eml")])).toMatchObject({
      code: 2,
      err: expect.stringContaining("--purpose") as string,
    });
    const other = mail.replace("billing@", "nobody@");
    writeFileSync(join(folder, "other.eml"), other);
    const done = await run(["sign", join(folder, "other.eml"), "--purpose", "personal"]);
    expect(done).toMatchObject({ code: 2, err: expect.stringContaining("waybill cert new") as string });
    writeFileSync(join(folder, "resent.eml"), `Resent-From: a@bank.example\r\n${mail}`);
    const again = await run(["sign", join(folder, "resent.eml"), "--purpose", "personal"]);
    expect(again).toMatchObject({ code: 2, err: expect.stringContaining("Resent-*") as string });
  });

  test("--version says which one it is", async () => {
    expect(await run(["--version"])).toEqual({
      code: 0,
      out: expect.stringMatching(/^waybill \d+\.\d+\.\d+\n$/) as string,
      err: "",
    });
  });

  test("sign remarks on a word that no registry knows, and signs it", async () => {
    const args = ["--purpose", "nonsense", "--cls", "bogus", "--consent", "optin"];
    const done = await run(["sign", join(folder, "mail.eml"), ...args]);
    expect(done).toMatchObject({ code: 0, out: expect.stringContaining("p=nonsense; cls=bogus") as string });
    expect(done.err).toContain('waybill: --purpose: "nonsense" is in no registry');
    expect(done.err).toContain(
      'waybill: --cls: "bogus" is in no registry, readers are shown it as it is (individual, group, bulk)',
    );
    expect(done.err).not.toContain("--consent");
  });

  test("sign writes 8-bit text as quoted-printable", async () => {
    writeFileSync(join(folder, "eight-bit.eml"), mail.replace("Please", "Bitte schön:"));
    const encoded = await run(["sign", join(folder, "eight-bit.eml"), "--purpose", "personal"]);
    expect(encoded).toMatchObject({ code: 0, err: "" });
    expect(encoded.out).toMatch(/^Content-Transfer-Encoding: quoted-printable\r$/m);
    expect(encoded.out).toContain("\r\n\r\nBitte sch=C3=B6n: pay.\r\n");
    writeFileSync(join(folder, "encoded.eml"), encoded.out);
    const verified = await run(["verify", join(folder, "encoded.eml"), "--dns", join(folder, "zone.json")]);
    expect(verified).toMatchObject({ code: 0, out: expect.stringContaining("pass") as string });
  });

  test("sign takes a file whose lines end as this machine's do", async () => {
    writeFileSync(join(folder, "lf.eml"), mail.replaceAll("\r\n", "\n"));
    const args = ["--purpose", "personal"];
    const [done, usual] = [
      await run(["sign", join(folder, "lf.eml"), ...args]),
      await run(["sign", join(folder, "mail.eml"), ...args]),
    ];
    expect(done).toMatchObject({ code: 0, err: "" });
    const bodyHash = /bh=[^;]+;/;
    expect(bodyHash.exec(done.out)?.[0]).toBe(bodyHash.exec(usual.out)?.[0]);
    expect(done.out).not.toMatch(/[^\r]\n/);
  });

  test("rotate keeps the old one published, withdraw takes it away", async () => {
    expect(await run(["cert", "rotate", "billing@bank.example"])).toMatchObject({ code: 0 });
    expect((await run(["cert", "show", "billing@bank.example"])).out).toMatch(/active[^]*retired|retired[^]*active/);
    expect((await run(["cert", "withdraw", keyId])).out).toContain("withdrawn");
  });

  test("keys show, rotate, revoke", async () => {
    const shown = (await run(["keys", "show"])).out;
    expect(shown).toMatch(/^bank\.example {2}[\w-]{43} {2}valid .* seals now$/m);
    const rotated = (await run(["keys", "rotate"])).out;
    expect(rotated.split("\n").length).toBe(3);
    const first = /bank\.example {2}([\w-]{43}) .*seals now/.exec(shown)?.[1] ?? "";
    expect((await run(["keys", "revoke", first])).out).toContain("revoked");
    expect(JSON.parse((await run(["keys", "show", "--json"])).out)).toMatchObject({
      keys: [{ kty: "EC" }, { kty: "EC" }],
    });
  });
});

describe("nothing to show is said, and is no success", () => {
  test("without a state folder, which is not made either", async () => {
    const other = join(folder, "other.toml");
    const state = join(folder, "not-there");
    writeFileSync(other, readFileSync(config, "utf8").replace(/^state = .*$/m, `state = "${state}"`));
    for (const args of [["keys", "show"], ["keys", "rotate"], ["keys", "revoke", "k"], ["doctor"]]) {
      const done = await run([...args, "--config", other]);
      expect(done).toMatchObject({
        code: 2,
        out: "",
        err: expect.stringContaining("has the bridge run yet") as string,
      });
    }
    const certificates = await run(["cert", "show", "--config", other]);
    expect(certificates).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringContaining("waybill cert new") as string,
    });
    expect(existsSync(state)).toBe(false);
  });

  test.each([
    ["cert", "withdraw"],
    ["keys", "revoke"],
  ])("a key id that begins with dashes is no option: %s %s", async (...words) => {
    for (const id of [`-${"L".repeat(42)}`, `--${"L".repeat(41)}`]) {
      const spelled = await run([...words, "--config", config, "--", id]);
      expect(spelled.err).toContain(id);
      const done = await run([...words, id, "--config", config]);
      expect(done).toMatchObject({ code: 2, err: expect.stringContaining(id) as string });
      expect(done.err).not.toContain("option");
    }
  });

  test("an address without a certificate, beside one that has one", async () => {
    const done = await run(["cert", "show", "billing@bank.example", "nobody@bank.example"]);
    expect(done).toMatchObject({ code: 1, out: expect.stringMatching(/^billing@/) as string });
    expect(done.err).toBe("nobody@bank.example has no certificate: waybill cert new nobody@bank.example\n");
  });
});

describe("as a process", () => {
  test("reads standard input, writes the mail and nothing else, ends with the code", () => {
    const signed = spawned(["sign", "-", "--purpose", "newsletter"], mail.replace("billing@", "news@"));
    expect(signed).toMatchObject({ code: 0, err: "" });
    expect(signed.out).toMatch(/^IPP-Signature:/m);
    const wrong = spawned(["verify", "/nowhere"]);
    expect(wrong).toMatchObject({ code: 2, out: "" });
    // Whatever a user does, he never sees a stack trace.
    expect(wrong.err).toBe("waybill: ENOENT: no such file or directory, open '/nowhere'\n");
  });
});

describe("policy", () => {
  const policy = {
    v: "IPP1",
    id: "a",
    max_age: 86_400,
    default: "quarantine",
    undeclared: "accept",
    rules: [
      {
        id: "bank",
        match: { p: ["transactional.*"] },
        require: { trust: ["pkix", "domain"], tls: "1.2" },
        action: "accept",
        else: "reject",
      },
    ],
  };
  test("check says it in words", async () => {
    writeFileSync(join(folder, "a.pol"), JSON.stringify(policy));
    const done = await run(["policy", "check", join(folder, "a.pol")]);
    expect(done).toMatchObject({ code: 0 });
    expect(done.out).toContain(
      "bank: transactional.*: accept if trust pkix or domain and TLS 1.2 or newer, else reject",
    );
    expect(done.out).toContain("It may reject");
  });
  test.each([
    { args: ["--purpose", "transactional.invoice", "--trust", "domain"], want: 'accept (rule "bank")' },
    { args: ["--purpose", "transactional", "--trust", "site"], want: 'reject (rule "bank"; not met: policy/trust)' },
    { args: ["--purpose", "newsletter"], want: "quarantine (default)" },
    { args: [], want: "accept (undeclared)" },
  ])("explain $args", async ({ args, want }) => {
    expect((await run(["policy", "explain", join(folder, "a.pol"), ...args])).out).toContain(want);
  });
  test("mistakes name the place", async () => {
    writeFileSync(join(folder, "b.pol"), JSON.stringify({ ...policy, default: "drop" }));
    const done = await run(["policy", "check", join(folder, "b.pol")]);
    expect(done).toMatchObject({ code: 2 });
    expect(done.err).toContain("b.pol: default");
  });
});

describe("postfix and doctor", () => {
  test("postfix prints exact lines", async () => {
    const done = await run(["postfix", "--postfix-config", "/nowhere"]);
    expect(done).toMatchObject({ code: 0 });
    for (const line of [
      "smtpd_milters = unix:/run/waybill/milter.sock",
      "milter_default_action = tempfail",
      "message_strip_characters = \\0",
      "smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:8892",
      "smtpd_tls_fingerprint_digest = sha256",
      "submission  inet  n       -       n       -       -       smtpd",
      "  -o smtpd_milters=unix:/run/waybill/submission.sock",
      "  -o smtpd_milters=inet:127.0.0.1:8891",
      "smtp_header_checks = regexp:{{/^Hop-[^:]*:/ IGNORE}}",
      "relay       unix  -       -       n       -       -       smtp",
      "  -o smtp_header_checks=",
    ]) {
      expect(done.out.split("\n")).toContain(line);
    }
    expect((await run(["postfix", "--commands"])).out).toContain("postconf -e 'milter_protocol = 6'");
  });

  test("doctor finds what is missing, each with its remedy", async () => {
    mkdirSync(join(folder, "state"), { recursive: true });
    const done = await run(["doctor", "--json", "--postfix-config", "/nowhere"]);
    expect(done).toMatchObject({ code: 1 });
    const findings = JSON.parse(done.out) as { level: string; what: string; remedy?: string }[];
    expect(findings.filter(({ level, remedy }) => level !== "good" && (remedy ?? "") === "")).toEqual([]);
    const text = (await run(["doctor"])).out;
    expect(text).toContain("systemctl start waybill");
    expect(text).toContain("dns/unreachable");
  });

  const hasPostfix = spawnSync("postconf", ["-d", "mail_version"]).status === 0;
  // Left out where there is no Postfix to ask.
  test.skipIf(!hasPostfix)("doctor is content with a Postfix that has what postfix prints", async () => {
    const printed = (await run(["postfix", "--postfix-config", "/nowhere"])).out;
    const [main = "", master = ""] = printed.split("# master.cf");
    const etc = join(folder, "postfix");
    mkdirSync(etc);
    // The delimiter as Debian sets it.
    writeFileSync(join(etc, "main.cf"), `compatibility_level = 3.6\nrecipient_delimiter = +\n${main}`);
    writeFileSync(join(etc, "master.cf"), master.slice(master.indexOf("\n") + 1));
    mkdirSync(join(folder, "state"), { recursive: true });
    const done = await run(["doctor", "--json", "--postfix-config", etc]);
    const findings = JSON.parse(done.out) as { area: string; level: string; what: string }[];
    const postfix = findings.filter(({ area }) => area === "Postfix");
    expect(postfix.length).toBeGreaterThan(8);
    expect(postfix.filter(({ level }) => level !== "good")).toEqual([]);
    // Printed again for that Postfix, it is the same: nothing is added twice.
    const again = (await run(["postfix", "--postfix-config", etc])).out;
    expect(again.replace(/ = .*, check_policy/, " = check_policy")).toBe(printed);
  });

  test.skipIf(!hasPostfix)("what Postfix has already is kept", async () => {
    const etc = join(folder, "postfix-before");
    mkdirSync(etc);
    const before =
      "smtpd_milters = inet:localhost:11332\nsmtpd_recipient_restrictions = reject_unknown_recipient_domain\n" +
      "smtp_header_checks = regexp:{{/^X-Secret:/ IGNORE}}\n";
    writeFileSync(join(etc, "main.cf"), `compatibility_level = 3.6\n${before}`);
    writeFileSync(join(etc, "master.cf"), "smtp inet n - y - - smtpd\n");
    const { out } = await run(["postfix", "--postfix-config", etc]);
    expect(out).toContain("smtpd_milters = inet:localhost:11332, unix:/run/waybill/milter.sock\n");
    // A service's own list replaces main.cf's: without this, submission would lose its DKIM signer.
    expect(out).toContain("  -o smtpd_milters=unix:/run/waybill/submission.sock,inet:localhost:11332\n");
    expect(out).toContain(
      "smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:8892, reject_unknown_recipient_domain\n",
    );
    expect(out).toContain("IGNORE}}, regexp:{{/^X-Secret:/ IGNORE}}\n");
    const findings = (await run(["doctor", "--postfix-config", etc])).out;
    expect(findings).toContain("smtp/inet runs in a chroot, out of which it can't see /run/waybill/milter.sock");
    // What is said is done to the Postfix that was asked.
    expect(findings).toContain(`-> postconf -c ${etc} -F 'smtp/inet/chroot=n', then postfix -c ${etc} reload`);
    const asCommands = (await run(["postfix", "--commands", "--postfix-config", etc])).out;
    expect(asCommands).toContain(`postconf -c ${etc} -e 'milter_protocol = 6'`);
  });
});

describe("a certificate that takes another one's place", () => {
  const address = "orders@bank.example";
  const day = 86_400;

  /** Files of a key and its chain, made so many days ago and good for some. */
  async function files(ago: number, days: number): Promise<string[]> {
    const now = Math.floor(Date.now() / 1000) - ago * day;
    const made = must(await newDeclarationKey({ address, kind: "p256", days, issuer: null, now, listed: false }));
    const [key, chain] = [join(folder, `${made.keyId}.key`), join(folder, `${made.keyId}.pem`)];
    writeFileSync(key, formatPrivateKey(made.key), { mode: 0o600 });
    writeFileSync(chain, made.chain.map((der) => formatPem(der)).join(""));
    return ["cert", "new", address, "--key", key, "--chain", chain];
  }
  const states = async (): Promise<readonly string[]> =>
    [...(await run(["cert", "show", address])).out.matchAll(/ (active|retired) /g)].map(([, state = ""]) => state);

  test.each([
    { name: "has ended", ago: 10, days: 9, want: "it has ended" },
    { name: "is not yet valid", ago: -3, days: 9, want: "it is not valid yet" },
  ])("not one that $name: nobody could sign", async ({ ago, days, want }) => {
    await run(await files(1, 9));
    const before = await states();
    expect(await run(await files(ago, days))).toMatchObject({ code: 2, err: expect.stringContaining(want) });
    expect(await states()).toEqual(before);
    expect(before.filter((state) => state === "active")).toHaveLength(1);
  });

  test("the same key once more, with a renewed certificate: it goes on signing", async () => {
    const once = await files(1, 9);
    await run(once);
    expect(await run(once)).toMatchObject({ code: 0, out: expect.stringContaining(" active ") });
    expect((await states()).filter((state) => state === "active")).toHaveLength(1);
  });
});
