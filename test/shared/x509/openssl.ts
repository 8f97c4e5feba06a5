// openssl verify over many scenarios in one process.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatPem } from "../../../shared/x509/pem.ts";

/** Whether there is an openssl command to ask. */
export function hasOpenssl(): boolean {
  return spawnSync("openssl", ["version"]).status === 0;
}

/** One leaf to verify. */
export interface OpensslQuestion {
  readonly leaf: Uint8Array;
  readonly intermediates: readonly Uint8Array[];
  readonly anchors: readonly Uint8Array[];
  readonly crls?: readonly Uint8Array[];
}

/** Null for each leaf that verifies, else OpenSSL's words. All anchors, intermediates and CRLs are offered to every leaf. */
export function opensslVerify(questions: readonly OpensslQuestion[], options: readonly string[]): (string | null)[] {
  const folder = mkdtempSync(join(tmpdir(), "waybill-x509-"));
  try {
    const write = (name: string, ders: readonly Uint8Array[], label = "CERTIFICATE"): string => {
      const file = join(folder, name);
      writeFileSync(file, ders.map((der) => formatPem(der, label)).join(""));
      return file;
    };
    const args = ["verify", "-no-CAfile", "-no-CApath", "-no-CAstore", ...options];
    args.push(
      "-CAfile",
      write(
        "anchors.pem",
        questions.flatMap(({ anchors }) => anchors),
      ),
    );
    const untrusted = questions.flatMap(({ intermediates }) => intermediates);
    if (untrusted.length > 0) args.push("-untrusted", write("untrusted.pem", untrusted));
    const crls = questions.flatMap(({ crls = [] }) => crls);
    if (crls.length > 0) args.push("-CRLfile", write("crls.pem", crls, "X509 CRL"));
    const leaves = questions.map(({ leaf }, index) => write(`${index}.pem`, [leaf]));
    const { stdout, stderr } = spawnSync("openssl", [...args, ...leaves], { encoding: "utf8", maxBuffer: 64 << 20 });
    const good = new Set(stdout.split("\n").flatMap((line) => (line.endsWith(": OK") ? [line.slice(0, -4)] : [])));
    const words = new Map<string, string>();
    let reasons: string[] = [];
    for (const line of stderr.split("\n")) {
      if (/^error \d+ at /u.test(line)) reasons.push(line);
      const file = /^error (\S+\.pem): verification failed$/u.exec(line)?.[1];
      if (file === undefined) continue;
      words.set(file, reasons.join("; "));
      reasons = [];
    }
    return leaves.map((leaf) => (good.has(leaf) ? null : (words.get(leaf) ?? `not read: ${stderr.slice(0, 300)}`)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
