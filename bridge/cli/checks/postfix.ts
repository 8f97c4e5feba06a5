// doctor: is Postfix set up as `waybill postfix` prints it?
import { execFile } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Config } from "../../config.ts";
import { listOf } from "../postconf.ts";
import {
  callsMilters,
  holds,
  mainParameters,
  masterServices,
  withoutBlanks,
  type Parameter,
} from "../postfix-lines.ts";
import { bad, careful, good, type Finding, type Patient } from "./finding.ts";

function judge(parameter: Parameter, current: string, failure: Config["on_failure"]): Finding {
  const { name, value, because, match } = parameter;
  if (holds(parameter, current, failure)) return good(`Postfix: ${name} = ${current}`);
  const wanted = match === "first" && current !== "" ? `${value}, ${current}` : value;
  const remedy = `postconf -e '${name} = ${wanted}' (${because}), then postfix reload`;
  // What mail depends on is bad; what is only recorded less well is careful.
  const vital = name === "smtpd_milters" || name === "milter_default_action";
  return (vital ? bad : careful)(`Postfix: ${name} is "${current}"`, remedy);
}

const sockets = ({ setup }: Patient): readonly string[] =>
  setup.config.milter.flatMap(({ listen }) => (listen.kind === "unix" ? [listen.path] : []));

/** Debian's Postfix runs smtpd in a chroot, where a socket below /run is not to be found. */
function chroots(patient: Patient, columns: ReadonlyMap<string, string>): readonly Finding[] {
  if (sockets(patient).length === 0) return [];
  return masterServices(patient.setup.config, []).flatMap(({ name }): Finding[] => {
    const column = `${name}/inet/chroot`;
    if (columns.get(column) !== "y") return [];
    const [path = ""] = sockets(patient);
    const remedy = `postconf -F '${column}=n', then postfix reload; or let the bridge listen on host:port`;
    return [bad(`Postfix: ${name} runs in a chroot, out of which it can't see ${path}`, remedy)];
  });
}

function groupsOfPostfix(): Promise<readonly number[] | null> {
  return new Promise((resolve) => {
    execFile("id", ["-G", "postfix"], (error, out) =>
      resolve(error === null ? out.trim().split(" ").map(Number) : null),
    );
  });
}

/** Whether Postfix' user may write to the sockets and reach their folders. */
async function permissions(patient: Patient): Promise<readonly Finding[]> {
  const groups = await groupsOfPostfix();
  if (groups === null) return [];
  const may = (path: string, all: number, group: number): boolean => {
    const { mode, gid } = statSync(path);
    return (mode & all) !== 0 || ((mode & group) !== 0 && groups.includes(gid));
  };
  return sockets(patient).flatMap((path): Finding[] => {
    // One that is not there was found by the listeners' check.
    if (!existsSync(path) || (may(path, 0o002, 0o020) && may(dirname(path), 0o001, 0o010))) return [];
    const isMember = groups.includes(statSync(path).gid) && groups.includes(statSync(dirname(path)).gid);
    const remedy = isMember
      ? `let the group use it and reach ${dirname(path)}: milter.mode = "0660", then systemctl restart waybill`
      : "usermod -aG waybill postfix, then systemctl restart postfix";
    return [bad(`Postfix' user may not use ${path}`, remedy)];
  });
}

/** What Postfix said of itself. */
interface Answers {
  /** main.cf parameters. */
  readonly main: ReadonlyMap<string, string>;
  readonly overrides: ReadonlyMap<string, string>;
  readonly columns: ReadonlyMap<string, string>;
}

/** A parameter as a service has it: master.cf's -o, or main.cf's. */
function valueFor({ main, overrides }: Answers, service: string, name: string): string {
  return overrides.get(`${service}/${name}`) ?? main.get(name) ?? "";
}

/** Milters are not asked at all where this says so, whatever smtpd_milters is. */
function skipsMilters(answers: Answers, service: string): readonly Finding[] {
  if (!listOf(valueFor(answers, service, "receive_override_options")).includes("no_milters")) return [];
  const remedy = "take no_milters out of receive_override_options (main.cf, and -o in master.cf), then postfix reload";
  return [bad(`Postfix: ${service} asks no milters: its mail gets through unmarked`, remedy)];
}

/** Services that take mail from outside: by name, by number, at an address, or behind postscreen(8). */
const takesFromOutside = /^(?:(?:.*:)?(?:smtp|25)\/inet|smtpd\/pass)$/;

/** A list of its own in master.cf replaces main.cf's. */
function border(config: Config, answers: Answers): readonly Finding[] {
  const wanted = listOf(mainParameters(config, []).find(({ name }) => name === "smtpd_milters")?.value);
  if (wanted.length === 0) return [];
  const services = [...answers.columns.keys()].filter((key) => key.endsWith("/chroot")).map((key) => key.slice(0, -7));
  return services
    .filter((service) => takesFromOutside.test(service))
    .flatMap((service): readonly Finding[] => {
      const own = answers.overrides.get(`${service}/smtpd_milters`);
      if (own === undefined || callsMilters(wanted, own, config.on_failure)) return skipsMilters(answers, service);
      const remedy = `postconf -PX '${service}/smtpd_milters', so that main.cf's count, then postfix reload`;
      return [bad(`Postfix: ${service} has smtpd_milters "${own}" of its own: its mail gets through unmarked`, remedy)];
    });
}

/** The services of one's own users: each that there is signs, and there is one. */
function submissions(config: Config, answers: Answers): readonly Finding[] {
  const all = masterServices(config, listOf(answers.main.get("smtpd_milters"))).flatMap(({ name, options }) => {
    const wanted = options.find(([option]) => option === "smtpd_milters")?.[1];
    return wanted === undefined ? [] : [{ name, wanted }];
  });
  const there = all.filter(({ name }) => answers.columns.has(`${name}/inet/chroot`));
  const isSubmission = ({ name }: { readonly name: string }): boolean => name.startsWith("submission");
  const findings = there.flatMap(({ name, wanted }): readonly Finding[] => {
    const service = `${name}/inet`;
    const found = answers.overrides.get(`${service}/smtpd_milters`) ?? "";
    const remedy = `postconf -P '${service}/smtpd_milters=${withoutBlanks(wanted)}', then postfix reload`;
    if (!callsMilters(listOf(wanted), found, config.on_failure)) return [bad(`Postfix: ${name} does not sign`, remedy)];
    const skipped = skipsMilters(answers, service);
    return skipped.length > 0 ? skipped : [good(`Postfix: ${name} signs`)];
  });
  if (!all.some(isSubmission) || there.some(isSubmission)) return findings;
  const remedy = "put what waybill postfix prints of submission and submissions into master.cf, then postfix reload";
  return [...findings, bad("Postfix: no service submission or submissions: nobody's mail is signed", remedy)];
}

/** Whether both take the same addresses for one reader's: in a set of characters their order means nothing. */
function subaddresses({ recipient_delimiter: ours }: Config, current: string): Finding {
  const sorted = (set: string): string => [...new Set(set)].toSorted().join("");
  if (sorted(ours) === sorted(current)) return good(`Postfix: recipient_delimiter = ${current}`);
  const remedy = `in waybill.toml: recipient_delimiter = "${current}", then systemctl reload waybill (or mend Postfix' own)`;
  return careful(`Postfix: recipient_delimiter is "${current}"`, remedy);
}

/** Clients with checks of their own: mail that leaves loses its Hop-Signals, mail to one's own servers keeps them. */
function leaving(config: Config, answers: Answers): readonly Finding[] {
  const wanted = mainParameters(config, []).find(({ name }) => name === "smtp_header_checks");
  if (wanted === undefined) return [];
  const takesAway = (service: string): boolean =>
    answers.columns.has(`${service}/chroot`) &&
    holds(wanted, valueFor(answers, service, wanted.name), config.on_failure);
  const findings: Finding[] = [];
  if (takesAway("relay/unix")) {
    const remedy = `postconf -P 'relay/unix/${wanted.name}=', then postfix reload`;
    findings.push(careful("Postfix: relay takes Hop-Signals from mail to one's own servers", remedy));
  }
  const own = answers.overrides.get(`smtp/unix/${wanted.name}`);
  if (own !== undefined && !takesAway("smtp/unix")) {
    const remedy = `postconf -PX 'smtp/unix/${wanted.name}', so that main.cf's count, then postfix reload`;
    findings.push(careful(`Postfix: smtp/unix has ${wanted.name} "${own}" of its own: Hop-Signals leave`, remedy));
  }
  return findings;
}

/** main.cf parameters, and what master.cf's services make of them. */
export async function checkPostfix(patient: Patient): Promise<readonly Finding[]> {
  const { postconf, setup } = patient;
  const { config } = setup;
  const names = mainParameters(config, []).map(({ name }) => name);
  const main = await postconf.parameters([...names, "receive_override_options", "recipient_delimiter"]);
  const overrides = await postconf.overrides();
  const columns = await postconf.columns();
  if (main === null || overrides === null || columns === null) {
    return [careful("Postfix can't be asked: no postconf, or it fails", "compare by hand with: waybill postfix")];
  }
  const answers = { main, overrides, columns };
  const parameters = mainParameters(config, listOf(main.get("smtpd_milters")));
  return [
    ...parameters.map((parameter) => judge(parameter, main.get(parameter.name) ?? "", config.on_failure)),
    subaddresses(config, main.get("recipient_delimiter") ?? ""),
    ...border(config, answers),
    ...submissions(config, answers),
    ...leaving(config, answers),
    ...chroots(patient, columns),
    ...(await permissions(patient)),
  ];
}
