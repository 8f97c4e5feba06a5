// Sockets below Postfix' queue directory: smtpd(8) works there, so that one named from it ("unix:waybill/milter.sock") is
// found in a chroot and out of one. By its whole path it is found only out of one, by "/waybill/milter.sock" only in one.
import type { Config } from "../config.ts";
import type { Endpoint } from "../endpoint/endpoint.ts";

/** The configuration as Postfix shall name its places; `queue`: its queue_directory, where there is a Postfix to ask. */
export function namedFromQueue(config: Config, queue: string | undefined): Config {
  if (queue === undefined) return config;
  const named = <Place extends Endpoint>(place: Place): Place =>
    place.kind === "unix" && place.path.startsWith(`${queue}/`)
      ? { ...place, path: place.path.slice(queue.length + 1) }
      : place;
  return {
    ...config,
    milter: config.milter.map((one) => ({ ...one, listen: named(one.listen) })),
    policy_service: { ...config.policy_service, listen: named(config.policy_service.listen) },
  };
}

/** Paths of the sockets of such a configuration, from the queue directory ("inside") or whole ("outside"). */
export function socketPaths(config: Config): {
  readonly inside: readonly string[];
  readonly outside: readonly string[];
} {
  const places = [...config.milter, config.policy_service].map(({ listen }) => listen);
  const paths = places.flatMap((place) => (place.kind === "unix" ? [place.path] : []));
  return {
    inside: paths.filter((path) => !path.startsWith("/")),
    outside: paths.filter((path) => path.startsWith("/")),
  };
}

/** Postfix' own text with one's sockets below its queue directory named from there, however it names them. */
export function respelled(text: string, config: Config, queue = ""): string {
  return socketPaths(config).inside.reduce(
    (so, path) => so.replaceAll(`unix:${queue}/${path}`, `unix:${path}`).replaceAll(`unix:/${path}`, `unix:${path}`),
    text,
  );
}
