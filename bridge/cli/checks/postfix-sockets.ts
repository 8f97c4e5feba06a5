// doctor: can Postfix reach the bridge's sockets, past its chroot and as its user?
import { execFile } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Config } from "../../config.ts";
import { listOf, placeOf } from "../postconf.ts";
import { masterServices, withoutBlanks } from "../postfix-lines.ts";
import { respelled, socketPaths } from "../queue-places.ts";
import { bad, type Finding, type Patient } from "./finding.ts";
import { takesFromOutside, valueFor, type Answers } from "./postfix-answers.ts";

/** Services that ask milters: those that are printed, and those that take mail from outside by another name. */
function asking(config: Config, { columns }: Answers): readonly string[] {
  const printed = masterServices(config, []).filter(({ program }) => program === "smtpd");
  const services = [...columns.keys()].filter((key) => key.endsWith("/chroot")).map((key) => key.slice(0, -7));
  return services
    .filter((service) => takesFromOutside.test(service) || printed.some(({ name }) => `${name}/inet` === service))
    .filter((service) => columns.get(`${service}/command`)?.startsWith("postscreen") !== true);
}

/**
 * Debian's Postfix runs smtpd in a chroot, where a socket below /run is not to be found, and one below the queue directory
 * only by its name from there. `answers`: Postfix' own words; `config`: as namedFromQueue.
 */
export function chroots(config: Config, answers: Answers, queue = ""): readonly Finding[] {
  const {
    inside,
    outside: [outside],
  } = socketPaths(config);
  return asking(config, answers).flatMap((service): Finding[] => {
    const isIn = answers.columns.get(`${service}/chroot`) === "y";
    if (isIn && outside !== undefined) {
      const remedy = `postconf -F '${service}/chroot=n', then postfix reload; or let the bridge listen on host:port, or below ${queue}`;
      return [bad(`Postfix: ${service} runs in a chroot, out of which it can't see ${outside}`, remedy)];
    }
    const value = valueFor(answers, service, "smtpd_milters");
    const wrong = inside.map((path) => `unix:${isIn ? queue : ""}/${path}`);
    const hidden = listOf(value)
      .map(placeOf)
      .find((place) => wrong.includes(place));
    if (hidden === undefined) return [];
    const right = [...new Set(listOf(respelled(value, config, queue)))].join(", ");
    const command = answers.overrides.has(`${service}/smtpd_milters`)
      ? `postconf -P '${service}/smtpd_milters=${withoutBlanks(right)}'`
      : `postconf -e 'smtpd_milters = ${right}'`;
    return [
      bad(
        `Postfix: ${service} runs ${isIn ? "in a" : "without a"} chroot and can't see ${hidden}`,
        `${command}, then postfix reload`,
      ),
    ];
  });
}

const sockets = ({ setup }: Patient): readonly string[] =>
  setup.config.milter.flatMap(({ listen }) => (listen.kind === "unix" ? [listen.path] : []));

function groupsOfPostfix(): Promise<readonly number[] | null> {
  return new Promise((resolve) => {
    execFile("id", ["-G", "postfix"], (error, out) =>
      resolve(error === null ? out.trim().split(" ").map(Number) : null),
    );
  });
}

/** Whether Postfix' user may write to the sockets and reach their folders. */
export async function permissions(patient: Patient): Promise<readonly Finding[]> {
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
