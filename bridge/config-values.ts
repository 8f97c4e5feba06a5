// What one value of the configuration may be, and what is said of one that is not: the words of config.ts' schema.
import * as v from "valibot";
import { isAddress, parseEndpoint } from "./endpoint/endpoint.ts";

/** A host name, lower-cased. */
export const host = v.pipe(
  v.string("expected a host name"),
  v.toLowerCase(),
  v.regex(/^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/, "expected a host name"),
);

/** A mail domain. */
export const domain = v.pipe(host, v.regex(/\./, 'expected a mail domain with A-labels, like "example.org"'));

/** An absolute path of a file or folder. */
export const path = v.pipe(v.string(), v.regex(/^\//, "expected an absolute path"));

/** A number of days between two. */
export const days = (from: number, to: number) =>
  v.pipe(
    v.number(),
    v.integer("expected a whole number"),
    v.minValue(from, `expected ${from} to ${to} days`),
    v.maxValue(to, `expected ${from} to ${to} days`),
  );

/** A socket path or host:port, parsed. */
export const endpoint = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const parsed = parseEndpoint(dataset.value);
    if (parsed !== null) return parsed;
    addIssue({ message: 'expected a socket path ("/run/…") or "host:port"' });
    return NEVER;
  }),
);

const tcpEndpoint = (message: string, fits: (host: string) => boolean) =>
  v.pipe(
    v.string(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const parsed = parseEndpoint(dataset.value);
      if (parsed?.kind === "tcp" && fits(parsed.host)) return parsed;
      addIssue({ message });
      return NEVER;
    }),
  );

/** host:port, parsed. */
export const hostAndPort = tcpEndpoint('expected "host:port"', () => true);

/** address:port, parsed: who resolves names can't be found by a name. */
export const addressAndPort = tcpEndpoint('expected "address:port"', isAddress);

/** Purposes that somebody may declare. */
export const purposePattern = v.pipe(
  v.string(),
  v.regex(/^(\*|[a-z][a-z0-9-]*(\.[a-z0-9-]+)*(\.\*)?)$/, 'expected a purpose, "transactional.*" or "*"'),
);

/** An https origin. */
export const httpUrl = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const url = URL.canParse(dataset.value) ? new URL(dataset.value) : null;
    if (url?.protocol === "https:" && url.pathname === "/" && url.search === "" && url.username === "")
      return url.origin;
    addIssue({ message: 'expected the https origin the world sees, like "https://ipp.example.org"' });
    return NEVER;
  }),
);
