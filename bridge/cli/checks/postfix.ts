// doctor: is Postfix set up as `waybill postfix` prints it?
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

/** main.cf parameters and the submission service's milter. */
export async function checkPostfix(patient: Patient): Promise<readonly Finding[]> {
  const { postconf, setup } = patient;
  const names = mainParameters(setup.config, []).map(({ name }) => name);
  const current = await postconf.parameters(names);
  const overrides = await postconf.overrides();
  if (current === null || overrides === null) {
    return [careful("Postfix can't be asked on this machine (no postconf)", "compare by hand with: waybill postfix")];
  }
  const parameters = mainParameters(setup.config, listOf(current.get("smtpd_milters")));
  const main = parameters.map((parameter) => judge(parameter, current.get(parameter.name) ?? ""));
  const services = masterServices(setup.config).flatMap((service): Finding[] => {
    const wanted = service.options.find(([name]) => name === "smtpd_milters")?.[1];
    const isThere = [...overrides.keys()].some((key) => key.startsWith(`${service.name}/`));
    if (wanted === undefined || (!isThere && service.name !== "submission")) return [];
    const found = overrides.get(`${service.name}/inet/smtpd_milters`) ?? "";
    const fine = listOf(wanted).every((item) => listOf(found).includes(item));
    const remedy = `postconf -P '${service.name}/inet/smtpd_milters=${wanted.replace(/,\s+/g, ",")}', then postfix reload`;
    return [fine ? good(`Postfix: ${service.name} signs`) : bad(`Postfix: ${service.name} does not sign`, remedy)];
  });
  return [...main, ...services];
}
