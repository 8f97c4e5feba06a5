// OpenDKIM of one organisation: signs what its own users send, verifies what comes from others. The lab has it because
// real mail servers do: the bridge has to get along with another milter before, between or behind its own.
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startProgram, type Running } from "../running.ts";
import { until } from "../wait.ts";
import type { Host } from "./namespaces.ts";
import type { Line } from "./names.ts";

/** Keys made, records known, nothing started. */
export interface Dkim {
  readonly socket: string;
  readonly records: readonly Line[];
  start(signal: AbortSignal): Promise<Running>;
}

const selector = "lab";

/** A TXT record in strings of at most 255 octets (RFC 1035 section 3.3.14). */
function txt(name: string, text: string): Line {
  const strings = text.match(/.{1,255}/g) ?? [];
  return `${name}. TXT ${strings.map((one) => `"${one}"`).join(" ")}`;
}

/** Makes one key for all of the organisation's domains. */
export function prepareDkim(
  plan: { readonly host: Host; readonly mailHost: string; readonly domains: readonly string[] },
  folder: string,
): Dkim {
  mkdirSync(folder, { recursive: true });
  const [key, socket] = [join(folder, "dkim.key"), join(folder, "dkim.sock")];
  execFileSync("openssl", ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key], {
    stdio: "ignore",
  });
  chmodSync(key, 0o644);
  const der = execFileSync("openssl", ["pkey", "-in", key, "-pubout", "-outform", "DER"]);
  const published = `v=DKIM1; k=rsa; p=${der.toString("base64")}`;
  const table = (name: string, lines: readonly string[]): string => {
    writeFileSync(join(folder, name), `${lines.join("\n")}\n`);
    return join(folder, name);
  };
  const keys = table(
    "keys",
    plan.domains.map((domain) => `${domain} ${domain}:${selector}:${key}`),
  );
  const signing = table(
    "signing",
    plan.domains.map((domain) => `*@${domain} ${domain}`),
  );
  const file = join(folder, "opendkim.conf");
  const settings = [
    "Mode sv",
    `Socket local:${socket}`,
    "Background no",
    "Syslog no",
    "UMask 000",
    "Nameservers 127.0.0.1",
    `AuthservID ${plan.mailHost}`,
    "AlwaysAddARHeader yes",
    "Canonicalization relaxed/relaxed",
    "OversignHeaders From",
    "RequireSafeKeys no",
    `KeyTable ${keys}`,
    `SigningTable refile:${signing}`,
  ];
  writeFileSync(file, `${settings.join("\n")}\n`);
  return {
    socket,
    records: plan.domains.map((domain) => txt(`${selector}._domainkey.${domain}`, published)),
    start: async (signal) => {
      const log = join(folder, "opendkim.log");
      const program = startProgram(
        {
          name: "opendkim",
          command: "/usr/sbin/opendkim",
          args: ["-f", "-x", file],
          log,
          namespace: plan.host.namespace,
        },
        signal,
      );
      await until("OpenDKIM", () => {
        if (!program.alive()) throw new Error(`OpenDKIM has ended: ${readFileSync(log, "utf8")}`);
        return existsSync(socket);
      });
      return program;
    },
  };
}
