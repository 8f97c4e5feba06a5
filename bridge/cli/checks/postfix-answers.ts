// What Postfix said of itself, for doctor's checks.

/** What Postfix said of itself. */
export interface Answers {
  /** main.cf parameters. */
  readonly main: ReadonlyMap<string, string>;
  readonly overrides: ReadonlyMap<string, string>;
  readonly columns: ReadonlyMap<string, string>;
}

/** A parameter as a service has it: master.cf's -o, or main.cf's. */
export function valueFor({ main, overrides }: Answers, service: string, name: string): string {
  return overrides.get(`${service}/${name}`) ?? main.get(name) ?? "";
}

/** Services that take mail from outside: by name, by number, at an address, or behind postscreen(8). */
export const takesFromOutside = /^(?:(?:.*:)?(?:smtp|25)\/inet|smtpd\/pass)$/;
