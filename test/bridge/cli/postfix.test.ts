// Postfix as `waybill postfix` prints it and `waybill doctor` finds it: what is in braces, what master.cf says otherwise.
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkPostfix } from "../../../bridge/cli/checks/postfix.ts";
import type { Patient } from "../../../bridge/cli/checks/finding.ts";
import { listOf, placeOf } from "../../../bridge/cli/postconf.ts";
import { formatService, holds, mainParameters, masterServices } from "../../../bridge/cli/postfix-lines.ts";
import { namedFromQueue } from "../../../bridge/cli/queue-places.ts";
import { readSetup, type Setup } from "../../../bridge/cli/setup.ts";
import { must } from "../../fakes/mail.ts";

const border = "inet:127.0.0.1:8894";
const submission = "inet:127.0.0.1:8895";
let folder = "";
let setup: Setup;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "waybill-postfix-"));
  const path = join(folder, "waybill.toml");
  const milters = [border, submission].map((place, index) => {
    return `[[milter]]\nkind = "${["border", "submission"][index]}"\nlisten = "${place.slice(5)}"\n`;
  });
  writeFileSync(path, `hostname = "mx1.bank.example"\ndomains = ["bank.example"]\n${milters.join("")}`);
  setup = must(readSetup(path));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What is changed of a Postfix as we print it. */
interface Change {
  readonly main?: Readonly<Record<string, string>>;
  readonly overrides?: Readonly<Record<string, string>>;
  readonly services?: readonly string[];
}

const usual = ["smtp", "submission", "submissions"];

async function findings({ main = {}, overrides = {}, services = usual }: Change) {
  const parameters = new Map(mainParameters(setup.config, []).map(({ name, value }) => [name, value]));
  const typed = (name: string): string => (name.includes("/") ? name : `${name}/inet`);
  const options = masterServices(setup.config, [])
    .filter(({ name }) => services.includes(name))
    .flatMap((service) => service.options.map(([name, value]) => [`${service.name}/inet/${name}`, value] as const));
  const patient: Pick<Patient, "setup" | "postconf"> = {
    setup,
    postconf: {
      parameters: async () => new Map([...parameters, ["recipient_delimiter", "+"], ...Object.entries(main)]),
      overrides: async () => new Map([...options, ...Object.entries(overrides)]),
      columns: async () => new Map(services.map((name) => [`${typed(name)}/chroot`, "n"])),
    },
  };
  const all = await checkPostfix(patient as Patient);
  return all.flatMap((finding) => (finding.level === "good" ? [] : [`${finding.what} -> ${finding.remedy}`]));
}

describe("doctor", () => {
  test.each<{ name: string; change: Change; want: readonly string[] }>([
    { name: "all as printed", change: {}, want: [] },
    {
      name: "the border's own list in master.cf",
      change: { overrides: { "smtp/inet/smtpd_milters": "" } },
      want: [`smtp/inet has smtpd_milters "" of its own`],
    },
    {
      name: "the same at an address, and behind postscreen",
      change: {
        services: ["192.0.2.1:25", "smtpd/pass", "submission"],
        overrides: { "192.0.2.1:25/inet/smtpd_milters": "", "smtpd/pass/smtpd_milters": "inet:localhost:1" },
      },
      want: [
        "192.0.2.1:25/inet has",
        `smtpd/pass has smtpd_milters "inet:localhost:1"`,
        "nobody answers at the milter inet:localhost:1",
      ],
    },
    {
      name: "where a content filter hands back, nobody asks",
      change: {
        services: ["smtp", "submission", "127.0.0.1:10026"],
        overrides: { "127.0.0.1:10026/inet/smtpd_milters": "" },
      },
      want: [],
    },
    {
      name: "no milters at all",
      change: {
        main: { receive_override_options: "no_address_mappings, no_milters" },
        services: ["smtp", "submission"],
      },
      want: ["smtp/inet asks no milters", "submission/inet asks no milters"],
    },
    {
      name: "no milters for users",
      change: { overrides: { "submission/inet/receive_override_options": "no_milters" } },
      want: ["submission/inet asks no milters"],
    },
    {
      name: "other subaddresses than ours",
      change: { main: { recipient_delimiter: "+-" } },
      want: [
        'recipient_delimiter is "+-" -> in waybill.toml: recipient_delimiter = "+-", then systemctl reload waybill',
      ],
    },
    {
      name: "no subaddresses",
      change: { main: { recipient_delimiter: "" } },
      want: ['recipient_delimiter is "" -> in waybill.toml: recipient_delimiter = ""'],
    },
    {
      name: "strangers at the users' door",
      change: {
        overrides: {
          "submission/inet/smtpd_client_restrictions": "",
          "submission/inet/smtpd_recipient_restrictions": "permit",
        },
      },
      want: [
        "submission lets everybody in: strangers' mail gets through unmarked -> postconf -P 'submission/inet/smtpd_client_restrictions=permit_sasl_authenticated,reject'",
      ],
    },
    {
      name: "a door shut elsewhere, as in Debian's own lines",
      change: {
        main: { smtpd_relay_restrictions: "permit_sasl_authenticated, reject" },
        overrides: {
          "submission/inet/smtpd_client_restrictions": "",
          "submission/inet/smtpd_recipient_restrictions": "",
        },
      },
      want: [],
    },
    { name: "submissions alone will do", change: { services: ["smtp", "submissions"] }, want: [] },
    { name: "no service for users", change: { services: ["smtp"] }, want: ["no service submission or submissions"] },
    {
      name: "options in braces",
      change: {
        main: {
          smtpd_milters: `{ ${border}, connect_timeout=10s }, { inet:localhost:1, default_action=accept }`,
          smtpd_recipient_restrictions: "check_policy_service { inet:127.0.0.1:8892, timeout=10s }, permit",
        },
        overrides: {
          "submission/inet/smtpd_milters": `${submission},{inet:localhost:1,default_action=accept}`,
          "submissions/inet/smtpd_milters": `${submission},{inet:localhost:1,default_action=accept}`,
        },
      },
      want: [],
    },
    {
      name: "an answer of its own while the bridge is away",
      change: { main: { smtpd_milters: `{ ${border}, default_action=accept }` } },
      want: [`smtpd_milters = ${border}`],
    },
    {
      name: "mail to one's own servers would lose its Hop-Signals",
      change: { services: [...usual, "relay/unix"] },
      want: ["relay takes Hop-Signals from mail to one's own servers -> postconf -P 'relay/unix/smtp_header_checks='"],
    },
    {
      name: "a relay as printed",
      change: { services: [...usual, "relay/unix"], overrides: { "relay/unix/smtp_header_checks": "" } },
      want: [],
    },
    {
      name: "a relay whose checks are others",
      change: { services: [...usual, "relay/unix"], overrides: { "relay/unix/smtp_header_checks": "regexp:/x" } },
      want: [],
    },
    {
      name: "mail that leaves with checks of its own",
      change: { services: [...usual, "smtp/unix"], overrides: { "smtp/unix/smtp_header_checks": "regexp:/x" } },
      want: ['smtp/unix has smtp_header_checks "regexp:/x" of its own: Hop-Signals leave'],
    },
  ])("$name", async ({ change, want }) => {
    const found = await findings(change);
    expect(found).toHaveLength(want.length);
    for (const [index, part] of want.entries()) expect(found[index]).toContain(part);
  });
});

test("a milter that nobody answers for puts mail off, and is told; one that is there, or may be away, is not", async () => {
  const server = createServer().listen(join(folder, "there"));
  await once(server, "listening");
  const others = `unix:${folder}/there, unix:${folder}/gone, {unix:${folder}/away,default_action=accept}`;
  const onSubmission = `${submission},${others.replaceAll(" ", "")}`;
  const found = await findings({
    main: { smtpd_milters: `${others}, ${border}` },
    overrides: { "submission/inet/smtpd_milters": onSubmission, "submissions/inet/smtpd_milters": onSubmission },
  });
  server.close();
  expect(found).toEqual([
    `Postfix: nobody answers at the milter unix:${folder}/gone (ENOENT): mail is put off -> start it, or take it out of smtpd_milters (main.cf, and -o in master.cf), then postfix reload`,
  ]);
});

test.each<{ name: string; order: readonly string[]; isFine: boolean }>([
  { name: "strip, others, seal", order: ["strip", "other", "seal"], isFine: true },
  { name: "what is sealed first is stripped again", order: ["seal", "other", "strip"], isFine: false },
  { name: "another behind the seal", order: ["strip", "seal", "other"], isFine: false },
  { name: "another before strip", order: ["other", "strip", "seal"], isFine: false },
  { name: "a pass twice", order: ["strip", "other", "seal", "seal"], isFine: false },
  { name: "another twice, as its owner wants it", order: ["strip", "other", "other", "seal"], isFine: true },
])("two passes: $name", ({ order, isFine }) => {
  const place = { strip: "127.0.0.1:1", seal: "127.0.0.1:2" };
  const passes = Object.entries(place).map(
    ([pass, listen]) => `[[milter]]\nkind = "border"\npass = "${pass}"\nlisten = "${listen}"\n`,
  );
  const path = join(folder, "waybill.toml");
  writeFileSync(path, `hostname = "mx1.bank.example"\ndomains = ["bank.example"]\n${passes.join("")}`);
  const places: Readonly<Record<string, string>> = { ...place, other: "127.0.0.1:3" };
  const current = order.map((name) => `inet:${places[name] ?? ""}`).join(", ");
  const [milters] = mainParameters(must(readSetup(path)).config, listOf(current));
  const others = order.flatMap((name) => (name === "other" ? ["inet:127.0.0.1:3"] : []));
  expect(milters?.value).toBe(["inet:127.0.0.1:1", ...others, "inet:127.0.0.1:2"].join(", "));
  expect(milters !== undefined && holds(milters, current, "tempfail")).toBe(isFine);
});

describe("a chroot", () => {
  const queue = "/var/spool/postfix";
  /** A Postfix as printed for these sockets, with this column and this spelling of its border's milter. */
  async function found(
    sockets: string,
    chroot: string,
    spelled: string,
    command = "smtpd",
  ): Promise<readonly string[]> {
    const path = join(folder, "waybill.toml");
    writeFileSync(
      path,
      `hostname = "mx1.bank.example"\ndomains = ["bank.example"]\n[[milter]]\nkind = "border"\nlisten = "${sockets}/m.sock"\n`,
    );
    const { config } = must(readSetup(path));
    const main = mainParameters(namedFromQueue(config, queue), []).map(({ name, value }) => [name, value] as const);
    const postconf: Patient["postconf"] = {
      parameters: async () =>
        new Map([...main, ["queue_directory", queue], ["recipient_delimiter", "+"], ["smtpd_milters", spelled]]),
      overrides: async () => new Map(),
      columns: async () =>
        new Map(
          ["smtp/inet", "smtpd/pass"].flatMap((service) => [
            [`${service}/chroot`, service === "smtp/inet" ? chroot : "n"] as const,
            [`${service}/command`, service === "smtp/inet" ? command : "smtpd"] as const,
          ]),
        ),
    };
    const all = await checkPostfix({ setup: { ...setup, config }, postconf } as Patient);
    return all.flatMap((finding) => (finding.level === "good" ? [] : [`${finding.what} -> ${finding.remedy}`]));
  }
  const run = "/run/waybill";
  const inside = `${queue}/waybill`;
  const remedy = "postconf -e 'smtpd_milters = unix:waybill/m.sock', then postfix reload";
  test.each<{ name: string; args: readonly [string, string, string, string?]; want: readonly string[] }>([
    { name: "below the queue directory, in it", args: [inside, "y", "unix:waybill/m.sock"], want: [] },
    { name: "below the queue directory, out of it", args: [inside, "n", "unix:waybill/m.sock"], want: [] },
    {
      name: "its own name for it, in it",
      args: [inside, "y", "unix:/waybill/m.sock"],
      want: ["smtpd/pass runs without a chroot and can't see unix:/waybill/m.sock"],
    },
    { name: "the whole path, out of it", args: [inside, "n", `unix:${inside}/m.sock`], want: [] },
    {
      name: "the whole path, in it",
      args: [inside, "y", `unix:${inside}/m.sock`],
      want: [`smtp/inet runs in a chroot and can't see unix:${inside}/m.sock -> ${remedy}`],
    },
    {
      name: "one milter by two names, in it",
      args: [inside, "y", `unix:/waybill/m.sock, unix:${inside}/m.sock`],
      want: [
        "smtpd_milters is \"unix:waybill/m.sock, unix:waybill/m.sock\" -> postconf -e 'smtpd_milters = unix:waybill/m.sock'",
        `smtp/inet runs in a chroot and can't see unix:${inside}/m.sock -> ${remedy}`,
        `smtpd/pass runs without a chroot and can't see unix:/waybill/m.sock -> ${remedy}`,
      ],
    },
    { name: "below /run, out of it", args: [run, "n", `unix:${run}/m.sock`], want: [] },
    {
      name: "below /run, in it",
      args: [run, "y", `unix:${run}/m.sock`],
      want: [
        "smtp/inet runs in a chroot, out of which it can't see /run/waybill/m.sock -> postconf -F 'smtp/inet/chroot=n'",
      ],
    },
    { name: "postscreen asks no milters", args: [run, "y", `unix:${run}/m.sock`, "postscreen"], want: [] },
  ])("$name", async ({ args, want }) => {
    const all = await found(...args);
    expect(all).toHaveLength(want.length);
    for (const [index, part] of want.entries()) expect(all[index]).toContain(part);
  });
});

test.each([
  { name: "commas and blanks", input: "a, b c,d", want: ["a", "b", "c", "d"] },
  { name: "braces", input: "{ unix:/x, a=b },c", want: ["unix:/x", "c"] },
  { name: "empty braces", input: "{}", want: [""] },
  { name: "a brace too few", input: "{ a", want: ["", "a"] },
])("a list's places: $name", ({ input, want }) => expect(listOf(input).map(placeOf)).toEqual(want));

test("other milters keep their options in master.cf", () => {
  const other = "{ inet:localhost:1, default_action=accept }";
  const printed = masterServices(setup.config, [other]).map(formatService).join("");
  expect(printed).toContain(`smtpd_milters=${submission},{inet:localhost:1,default_action=accept}\n`);
});
