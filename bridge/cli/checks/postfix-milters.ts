// doctor: does somebody answer at each milter that Postfix asks? One's own are the listeners' check; another, or a place
// that was one's own before `listen` was changed, puts all mail off just as well.
import { join } from "node:path";
import type { Config } from "../../config.ts";
import { parseEndpoint, type Endpoint } from "../../endpoint/endpoint.ts";
import { listOf, placeOf } from "../postconf.ts";
import { actionOf, milterPlace } from "../postfix-lines.ts";
import { bad, type Finding } from "./finding.ts";
import { reach } from "./listeners.ts";
import type { Answers } from "./postfix-answers.ts";

/** Where a milter may be: a path begins at the root, and in a chroot at the queue directory. None: not for us to say. */
function endpointsOf(place: string, queue: string): readonly Endpoint[] {
  const path = /^(?:unix|local):(.+)$/.exec(place)?.[1];
  if (path !== undefined) return [path, join(queue, path)].map((each) => ({ kind: "unix", path: each }));
  const endpoint = parseEndpoint(/^inet:(.+)$/.exec(place)?.[1] ?? "");
  return endpoint === null ? [] : [endpoint];
}

/** Milters that nobody answers for and that mail waits for; `config`, `answers`: as respelled. */
export async function silentMilters(config: Config, answers: Answers, queue = ""): Promise<readonly Finding[]> {
  const own = config.milter.map(({ listen }) => milterPlace(listen));
  const lists = [answers.main, answers.overrides].flatMap((values) =>
    [...values].filter(([name]) => /(?:^|\/)smtpd_milters$/.test(name)).map(([, value]) => value),
  );
  const asked = lists.flatMap(listOf).filter((item) => actionOf(item, config.on_failure) !== "accept");
  const places = [...new Set(asked.map(placeOf))].filter((place) => !own.includes(place));
  const found = await Promise.all(
    places.map(async (place): Promise<readonly Finding[]> => {
      const errors = await Promise.all(endpointsOf(place, queue).map(reach));
      // One that is closed to this user is there.
      if (errors.length === 0 || errors.some((error) => error === null || error === "EACCES")) return [];
      const remedy = "start it, or take it out of smtpd_milters (main.cf, and -o in master.cf), then postfix reload";
      return [bad(`Postfix: nobody answers at the milter ${place} (${errors[0] ?? ""}): mail is put off`, remedy)];
    }),
  );
  return found.flat();
}
