// Secrets on disk: written whole or not at all, readable by their owner only, and refused when others could read them.
import { createPrivateKey, generateKeyPairSync, randomBytes, type KeyObject } from "node:crypto";
import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { ok, perm, type Result } from "../../shared/result.ts";

/** Kinds of keys the bridge makes. P-256 is the default of declarations, as every S/MIME program knows it, and what seals. */
export const keyKinds = ["p256", "ed25519", "rsa2048"] as const;
export type KeyKind = (typeof keyKinds)[number];

/** A new private key. */
export function generateKey(kind: KeyKind): KeyObject {
  switch (kind) {
    case "p256":
      return generateKeyPairSync("ec", { namedCurve: "prime256v1" }).privateKey;
    case "ed25519":
      return generateKeyPairSync("ed25519").privateKey;
    case "rsa2048":
      return generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  }
}

/** Makes a folder and its parents, each owned like the one it stands in: root must not lock the bridge out of its state. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o700 });
  giveToOwnerOf(dirname(path), path);
}

function giveToOwnerOf(folder: string, path: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(folder);
  chownSync(path, uid, gid);
}

/** Replaces the file in one step: a crash or a full disk leaves the old one or the new one. 0600 unless said otherwise. */
export function writeWhole(path: string, content: string | Uint8Array, mode = 0o600): void {
  makeFolder(dirname(path));
  const temporary = `${path}.${randomBytes(6).toString("hex")}.new`;
  try {
    const file = openSync(temporary, "wx", mode);
    try {
      // All of it: where the disk is nearly full, one write takes a part and says so only by a number.
      writeFileSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    giveToOwnerOf(dirname(path), temporary);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    // A failed write doesn't say to which file.
    if (error instanceof Error && !("path" in error)) error.message += ` '${path}'`;
    throw error;
  }
}

/** A secret's text. Permanent failures: keys/missing, keys/open-to-others (with the remedy), keys/unreadable. */
export function readSecret(path: string): Result<string> {
  try {
    const { mode } = statSync(path);
    if ((mode & 0o077) !== 0) {
      return perm("keys/open-to-others", `${path} can be read by others: chmod 600 ${path}`);
    }
    return ok(readFileSync(path, "utf8"));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return perm(code === "ENOENT" ? "keys/missing" : "keys/unreadable", code === "ENOENT" ? path : message);
  }
}

/** A PKCS #8 private key in PEM (RFC 5958, RFC 7468 section 10). Failures as readSecret, and keys/format. */
export function readPrivateKey(path: string): Result<KeyObject> {
  const text = readSecret(path);
  if (!text.ok) return text;
  try {
    return ok(createPrivateKey(text.value));
  } catch (error) {
    return perm("keys/format", `${path}: ${error instanceof Error ? error.message : "not a private key"}`);
  }
}

/** The key as PKCS #8 PEM. */
export function formatPrivateKey(key: KeyObject): string {
  return key.export({ format: "pem", type: "pkcs8" }).toString();
}
