// ABNF (RFC 5234) as regular expressions, as far as docs/protocol.md uses it: rules that do not refer to themselves.

const core: Readonly<Record<string, string>> = { ALPHA: "[A-Za-z]", DIGIT: "[0-9]" };
const tokens = /"([^"]*)"|%x([0-9A-F]{2})(?:-([0-9A-F]{2}))?|(\d*\*\d*|\d+)|([A-Za-z][\w-]*)|([()/])|\S/g;

/** The rules of an ABNF text, by name. A line that begins with white space goes on with the one above. */
export function abnfRules(text: string): ReadonlyMap<string, string> {
  const lines = text.replaceAll(/;.*$/gm, "").replaceAll(/\n[ \t]+/g, " ");
  return new Map([...lines.matchAll(/^([\w-]+)\s*=(.*)$/gm)].map(([, name = "", body = ""]) => [name, body]));
}

/** "3*5" as "{3,5}", "*" as "{0,}", "4" as "{4}". */
function quantifier(repeat: string): string {
  const [least = "", most] = repeat.split("*");
  return most === undefined ? `{${least}}` : `{${least === "" ? "0" : least},${most}}`;
}

/** What the rule takes, as the source of a regular expression. Throws for what is no ABNF, and for a rule that is not there. */
export function abnfSource(rules: ReadonlyMap<string, string>, rule: string): string {
  const body = rules.get(rule);
  if (body === undefined) throw new Error(`there is no rule ${rule}`);
  /** How often what comes next stands, and each open group: told behind it. */
  let next = "";
  const open: string[] = [];
  let source = "";
  for (const [token, literal, from, to, repeat, name, sign] of body.matchAll(tokens)) {
    if (repeat !== undefined) {
      next = quantifier(repeat);
      continue;
    }
    if (sign === "(") {
      open.push(next);
      source += "(?:";
    } else if (sign === ")") source += `)${open.pop() ?? ""}`;
    else if (sign === "/") source += "|";
    else if (literal !== undefined) source += `(?:${literal.replaceAll(/[^\w]/g, "\\$&")})${next}`;
    else if (from !== undefined) source += `[\\x${from}-\\x${to ?? from}]${next}`;
    else if (name !== undefined) source += `(?:${core[name] ?? abnfSource(rules, name)})${next}`;
    else throw new Error(`${rule}: ${token} is not understood`);
    next = "";
  }
  return source;
}
