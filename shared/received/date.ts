// Dates as mail writes them, obsolete forms included. RFC 5322 sections 3.3 and 4.3.

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/** Minutes east of UTC; other letters mean that the zone is not known, which reads as UTC (RFC 5322 section 4.3). */
const zones: ReadonlyMap<string, number> = new Map([
  ["EST", -300],
  ["EDT", -240],
  ["CST", -360],
  ["CDT", -300],
  ["MST", -420],
  ["MDT", -360],
  ["PST", -480],
  ["PDT", -420],
]);

const ordinary =
  /(\d{1,2})[ \t]+([a-z]{3})[a-z]{0,6}[ \t]+(\d{2,4})[ \t]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(?:[ \t]+([+-]\d{4}|[a-z]{1,4}\b))?/i;
/** C's asctime, which some servers write. */
const asctime = /([a-z]{3})[ \t]+(\d{1,2})[ \t]+(\d{2}):(\d{2}):(\d{2})[ \t]+(\d{4})/i;

/** Enough for any date with its comments; what is behind it is not looked at. */
const maxChars = 256;

/** Two digits: 1950 to 2049; three: since 1900 (RFC 5322 section 4.3). */
function fullYear(digits: string): number {
  const year = Number(digits);
  if (digits.length === 4) return year;
  return digits.length === 3 ? 1900 + year : year + (year < 50 ? 2000 : 1900);
}

function zoneMinutes(zone: string | undefined): number {
  if (zone === undefined) return 0;
  if (/^[+-]/.test(zone)) {
    const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3));
    return zone.startsWith("-") ? -minutes : minutes;
  }
  return zones.get(zone.toUpperCase()) ?? 0;
}

function unixSeconds(fields: readonly [year: number, month: number, ...rest: number[]], zone: number): number | null {
  const [year, month, day = 0, hour = 0, minute = 0, second = 0] = fields;
  if (month < 0 || day < 1 || hour > 23 || minute > 59 || second > 60) return null;
  const milliseconds = Date.UTC(year, month, day, hour, minute, second);
  // The 31st of June is the 1st of July to Date.UTC, and no date to us.
  if (new Date(Date.UTC(year, month, day)).getUTCDate() !== day) return null;
  return milliseconds / 1_000 - zone * 60;
}

/** The first date in `text` as Unix seconds; null when there is none. A missing zone reads as UTC. */
export function parseMailDate(text: string): number | null {
  const head = text.slice(0, maxChars).replaceAll(/[\r\n]/g, " ");
  const found = ordinary.exec(head);
  if (found !== null) {
    const [, day = "", month = "", year = "", hour = "", minute = "", second = "0", zone] = found;
    const fields = [day, hour, minute, second].map(Number);
    return unixSeconds([fullYear(year), months.indexOf(month.toLowerCase()), ...fields], zoneMinutes(zone));
  }
  const [, month = "", day = "", hour = "", minute = "", second = "", year = ""] = asctime.exec(head) ?? [];
  if (year === "") return null;
  return unixSeconds(
    [Number(year), months.indexOf(month.toLowerCase()), ...[day, hour, minute, second].map(Number)],
    0,
  );
}
