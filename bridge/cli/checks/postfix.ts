// doctor: is Postfix set up as `waybill postfix` prints it?
import { execFile } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { listOf } from "../postconf.ts";
import { mainParameters, masterServices, type Parameter } from "../postfix-lines.ts";
import { bad, careful, good, type Finding, type Patient } from "./finding.ts";

function holds(parameter: Parameter, current: string): boolean {
  switch (parameter.match) {
    case "is":
      return current === parameter.value;
    case "first":
      return current.replace(/\s+/g, " ").includes(parameter.value);
    case "includes":
      return listOf(parameter.value).every((item) => listOf(current).includes(item));
  }
}

function judge(parameter: Parameter, current: string): Finding {
  const { name, value, because, match } = parameter;
  if (holds(parameter, current)) return good(`Postfix: ${name} = ${current}`);
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
    const remedy = "usermod -aG waybill postfix, then systemctl restart postfix";
    return [bad(`Postfix' user may not use ${path}`, remedy)];
  });
}

/** main.cf parameters and the submission service's milter. */
export async function checkPostfix(patient: Patient): Promise<readonly Finding[]> {
  const { postconf, setup } = patient;
  const names = mainParameters(setup.config, []).map(({ name }) => name);
  const current = await postconf.parameters(names);
  const overrides = await postconf.overrides();
  const columns = await postconf.columns();
  if (current === null || overrides === null || columns === null) {
    return [careful("Postfix can't be asked on this machine (no postconf)", "compare by hand with: waybill postfix")];
  }
  const parameters = mainParameters(setup.config, listOf(current.get("smtpd_milters")));
  const main = parameters.map((parameter) => judge(parameter, current.get(parameter.name) ?? ""));
  const services = masterServices(setup.config, listOf(current.get("smtpd_milters"))).flatMap((service): Finding[] => {
    const wanted = service.options.find(([name]) => name === "smtpd_milters")?.[1];
    const isThere = [...overrides.keys()].some((key) => key.startsWith(`${service.name}/`));
    if (wanted === undefined || (!isThere && service.name !== "submission")) return [];
    const found = overrides.get(`${service.name}/inet/smtpd_milters`) ?? "";
    const fine = listOf(wanted).every((item) => listOf(found).includes(item));
    const remedy = `postconf -P '${service.name}/inet/smtpd_milters=${wanted.replace(/,\s+/g, ",")}', then postfix reload`;
    return [fine ? good(`Postfix: ${service.name} signs`) : bad(`Postfix: ${service.name} does not sign`, remedy)];
  });
  return [...main, ...services, ...chroots(patient, columns), ...(await permissions(patient))];
}
