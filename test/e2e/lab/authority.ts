// Certificate authorities of the tests' own, by the openssl command: for servers and their client certificates, and for
// the writers of mails.
import { execFileSync } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A key and its certificate, as PEM files. */
export interface Issued {
  /** Leaf first. */
  readonly chain: string;
  readonly key: string;
}

/** What to put in a certificate. */
export interface Wanted {
  readonly commonName: string;
  /** "DNS:mail.example", "email:a@example" … */
  readonly names: readonly string[];
  readonly usage: readonly ("serverAuth" | "clientAuth" | "emailProtection")[];
  readonly days?: number;
}

/** An authority that issues. */
export interface Authority {
  readonly certificate: string;
  issue(file: string, wanted: Wanted): Issued;
}

function openssl(...args: readonly string[]): void {
  execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
}

function newKey(file: string): void {
  openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", file);
}

/** Makes an authority in `folder`; P-256 throughout. */
export function createAuthority(folder: string, name: string): Authority {
  mkdirSync(folder, { recursive: true });
  const [key, certificate] = [join(folder, "authority.key"), join(folder, "authority.pem")];
  newKey(key);
  const extensions = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"];
  const added = extensions.flatMap((extension) => ["-addext", extension]);
  openssl(
    "req",
    "-x509",
    "-new",
    "-key",
    key,
    "-sha256",
    "-days",
    "3650",
    "-subj",
    `/CN=${name}`,
    ...added,
    "-out",
    certificate,
  );
  return {
    certificate,
    issue: (file, wanted) => {
      const at = (suffix: string): string => join(folder, `${file}.${suffix}`);
      newKey(at("key"));
      openssl("req", "-new", "-key", at("key"), "-subj", `/CN=${wanted.commonName}`, "-out", at("csr"));
      const lines = [
        "basicConstraints=critical,CA:FALSE",
        "keyUsage=critical,digitalSignature",
        `extendedKeyUsage=${wanted.usage.join()}`,
        `subjectAltName=${wanted.names.join()}`,
        "subjectKeyIdentifier=hash",
        "authorityKeyIdentifier=keyid",
      ];
      writeFileSync(at("ext"), lines.join("\n"));
      const signer = ["-CA", certificate, "-CAkey", key, "-CAcreateserial", "-days", String(wanted.days ?? 365)];
      openssl("x509", "-req", "-in", at("csr"), ...signer, "-sha256", "-extfile", at("ext"), "-out", at("leaf"));
      writeFileSync(at("pem"), readFileSync(at("leaf"), "utf8") + readFileSync(certificate, "utf8"));
      return { chain: at("pem"), key: at("key") };
    },
  };
}

/** SHA-256 of a certificate's SubjectPublicKeyInfo: TLSA's "1" selector, `ca=`, and pins. */
export function keyDigest(pemFile: string): Buffer {
  const certificate = new X509Certificate(readFileSync(pemFile));
  return createHash("sha256")
    .update(certificate.publicKey.export({ type: "spki", format: "der" }))
    .digest();
}
