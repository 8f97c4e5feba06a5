// doctor: is Postfix set up as `waybill postfix` prints it?
import type { Config } from "../../config.ts";
import { listOf } from "../postconf.ts";
import {
  callsInOrder,
  callsMilters,
  holds,
  mainParameters,
  masterServices,
  withoutBlanks,
  type Parameter,
  type Service,
} from "../postfix-lines.ts";
import { namedFromQueue, respelled } from "../queue-places.ts";
import { bad, careful, good, type Finding, type Patient } from "./finding.ts";
import { takesFromOutside, valueFor, type Answers } from "./postfix-answers.ts";
import { silentMilters } from "./postfix-milters.ts";
import { chroots, permissions } from "./postfix-sockets.ts";

function judge(parameter: Parameter, current: string, failure: Config["on_failure"]): Finding {
  const { name, value, because, match } = parameter;
  if (holds(parameter, current, failure)) return good(`Postfix: ${name} = ${current}`);
  const wanted = match === "first" && current !== "" ? `${value}, ${current}` : value;
  const remedy = `postconf -e '${name} = ${wanted}' (${because}), then postfix reload`;
  // What mail depends on is bad; what is only recorded less well is careful.
  const vital = name === "smtpd_milters" || name === "milter_default_action";
  return (vital ? bad : careful)(`Postfix: ${name} is "${current}"`, remedy);
}

/** Milters are not asked at all where this says so, whatever smtpd_milters is. */
function skipsMilters(answers: Answers, service: string): readonly Finding[] {
  if (!listOf(valueFor(answers, service, "receive_override_options")).includes("no_milters")) return [];
  const remedy = "take no_milters out of receive_override_options (main.cf, and -o in master.cf), then postfix reload";
  return [bad(`Postfix: ${service} asks no milters: its mail gets through unmarked`, remedy)];
}

/** A list of its own in master.cf replaces main.cf's. */
function border(config: Config, answers: Answers): readonly Finding[] {
  const wanted = listOf(mainParameters(config, []).find(({ name }) => name === "smtpd_milters")?.value);
  if (wanted.length === 0) return [];
  const services = [...answers.columns.keys()].filter((key) => key.endsWith("/chroot")).map((key) => key.slice(0, -7));
  return services
    .filter((service) => takesFromOutside.test(service))
    .flatMap((service): readonly Finding[] => {
      const own = answers.overrides.get(`${service}/smtpd_milters`);
      const isFine = own === undefined || (callsMilters(wanted, own, config.on_failure) && callsInOrder(wanted, own));
      if (isFine) return skipsMilters(answers, service);
      const remedy = `postconf -PX '${service}/smtpd_milters', so that main.cf's count, then postfix reload`;
      return [bad(`Postfix: ${service} has smtpd_milters "${own}" of its own: its mail gets through unmarked`, remedy)];
    });
}

/** One of these lists keeps strangers out, where it says so: with a plain "reject". */
const doors = ["client", "helo", "sender", "relay", "recipient"].map((name) => `smtpd_${name}_restrictions`);

/** A service with milters of its own for users or one's own servers: a stranger's mail would pass the border there. */
function open(answers: Answers, { name, options }: Service): readonly Finding[] {
  const service = `${name}/inet`;
  const isShut = doors.some((door) => listOf(valueFor(answers, service, door)).includes("reject"));
  const door = options.find(([option]) => doors.includes(option));
  if (isShut || door === undefined) return [];
  const remedy = `postconf -P '${service}/${door.join("=")}', then postfix reload`;
  return [bad(`Postfix: ${name} lets everybody in: strangers' mail gets through unmarked`, remedy)];
}

/** The services of one's own users: each that there is signs, and there is one. */
function submissions(config: Config, answers: Answers): readonly Finding[] {
  const all = masterServices(config, listOf(answers.main.get("smtpd_milters"))).flatMap((printed) => {
    const wanted = printed.options.find(([option]) => option === "smtpd_milters")?.[1];
    return wanted === undefined ? [] : [{ name: printed.name, printed, wanted }];
  });
  const there = all.filter(({ name }) => answers.columns.has(`${name}/inet/chroot`));
  const isSubmission = ({ name }: { readonly name: string }): boolean => name.startsWith("submission");
  const signing = ({ name, wanted }: (typeof all)[number]): readonly Finding[] => {
    const service = `${name}/inet`;
    const found = answers.overrides.get(`${service}/smtpd_milters`) ?? "";
    const remedy = `postconf -P '${service}/smtpd_milters=${withoutBlanks(wanted)}', then postfix reload`;
    if (!callsMilters(listOf(wanted), found, config.on_failure)) return [bad(`Postfix: ${name} does not sign`, remedy)];
    const skipped = skipsMilters(answers, service);
    return skipped.length > 0 ? skipped : [good(`Postfix: ${name} signs`)];
  };
  const findings = there.flatMap((each) => [...signing(each), ...open(answers, each.printed)]);
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
  const names = mainParameters(setup.config, []).map(({ name }) => name);
  const main = await postconf.parameters([
    ...names,
    ...doors,
    "receive_override_options",
    "recipient_delimiter",
    "queue_directory",
  ]);
  const overrides = await postconf.overrides();
  const columns = await postconf.columns();
  if (main === null || overrides === null || columns === null) {
    return [careful("Postfix can't be asked: no postconf, or it fails", "compare by hand with: waybill postfix")];
  }
  const queue = main.get("queue_directory");
  const config = namedFromQueue(setup.config, queue);
  const respell = (values: ReadonlyMap<string, string>): ReadonlyMap<string, string> =>
    new Map([...values].map(([name, value]) => [name, respelled(value, config, queue)]));
  const answers = { main: respell(main), overrides: respell(overrides), columns };
  const parameters = mainParameters(config, listOf(answers.main.get("smtpd_milters")));
  return [
    ...parameters.map((parameter) => judge(parameter, answers.main.get(parameter.name) ?? "", config.on_failure)),
    subaddresses(config, main.get("recipient_delimiter") ?? ""),
    ...border(config, answers),
    ...submissions(config, answers),
    ...leaving(config, answers),
    ...(await silentMilters(config, answers, queue)),
    ...chroots(config, { main, overrides, columns }, queue),
    ...(await permissions(patient)),
  ];
}
