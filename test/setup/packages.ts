// The Debian packages the tests on real servers and real mail programs need, and which of them are missing.
import { spawnSync } from "node:child_process";

/** One Debian package and what the tests need it for. */
export interface DebianPackage {
  readonly name: string;
  readonly why: string;
}

/** Everything beyond Node and npm. Names as in Debian 12. */
export const packages: readonly DebianPackage[] = [
  { name: "postfix", why: "both organisations' mail servers" },
  { name: "dovecot-imapd", why: "mailboxes, and SASL for submission" },
  { name: "dovecot-lmtpd", why: "delivery into the mailboxes" },
  { name: "knot", why: "the signed zone" },
  { name: "knot-dnsutils", why: "kdig, to look at the zone when a test fails" },
  { name: "unbound", why: "each organisation's validating resolver" },
  { name: "bind9-dnsutils", why: "dig: the trust anchor is asked for with it" },
  { name: "opendkim", why: "the bench's other milter" },
  { name: "opendkim-tools", why: "keys for it" },
  { name: "miltertest", why: "an MTA's end of the milter protocol that is not ours" },
  { name: "m4", why: "Sendmail's configuration; Sendmail itself is unpacked (test/setup/sendmail.ts)" },
  { name: "libldap-2.5-0", why: "Sendmail" },
  { name: "liblockfile1", why: "Sendmail" },
  { name: "libnsl2", why: "Sendmail" },
  { name: "libwrap0", why: "Sendmail" },
  { name: "iproute2", why: "network namespaces" },
  { name: "procps", why: "ps" },
  { name: "openssl", why: "the tests' own certificate authority" },
  { name: "ca-certificates", why: "packages over https" },
  { name: "thunderbird", why: "the add-on's home" },
  { name: "chromium", why: "the webmail extension's home" },
  { name: "xvfb", why: "a display for Thunderbird" },
  { name: "xdotool", why: "clicks that a person could have made" },
  { name: "imagemagick", why: "screenshots" },
  { name: "poppler-utils", why: "pdftotext: what a printed mail says" },
  { name: "fonts-dejavu-core", why: "letters on them" },
  { name: "roundcube-core", why: "the webmail" },
  { name: "roundcube-sqlite3", why: "its database" },
  { name: "roundcube-plugins", why: "plug-ins readers have switched on" },
  { name: "roundcube-skin-larry", why: "its older skin" },
  { name: "php-cli", why: "serves it" },
  { name: "php-sqlite3", why: "Roundcube" },
  { name: "php-intl", why: "Roundcube" },
  { name: "php-mbstring", why: "Roundcube" },
  { name: "php-xml", why: "Roundcube" },
  { name: "php-curl", why: "Roundcube" },
  { name: "gcc", why: "the bench's milter load client" },
  { name: "libc6-dev", why: "headers for it" },
];

/** What the bench needs of these, and what only it needs. */
export const benchPackages: readonly DebianPackage[] = [
  ...packages.filter(({ name }) =>
    ["postfix", "opendkim", "opendkim-tools", "chromium", "gcc", "libc6-dev"].includes(name),
  ),
  { name: "rspamd", why: "the bench's third milter" },
];

/** What the soak needs of these. */
export const soakPackages: readonly DebianPackage[] = packages.filter(({ name }) => name === "postfix");

/** Those of `wanted` that dpkg does not list as installed. Everything, where there is no dpkg. */
export function missingPackages(wanted: readonly DebianPackage[] = packages): readonly string[] {
  const names = wanted.map(({ name }) => name);
  const query = spawnSync("dpkg-query", ["-W", "-f=${Package} ${db:Status-Status}\\n", ...names], { encoding: "utf8" });
  const lines = (query.stdout ?? "").split("\n");
  const there = new Set(lines.filter((line) => line.endsWith(" installed")).map((line) => line.split(" ")[0]));
  return names.filter((name) => !there.has(name));
}
