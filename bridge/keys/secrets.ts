// The bridge's symmetric secrets in one file (0600), made at first start: token keys, of which the newest issues and older
// ones still check (a report may come 60 days after a declaration), and the secrets behind `rc` and `blinded`.
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { limits } from "../../shared/limits.ts";
import type { TokenKey } from "../../shared/ipp/token.ts";
import { ok, perm, type Result } from "../../shared/result.ts";
import { readSecret, writeWhole } from "./key-file.ts";

const secretSchema = v.pipe(v.string(), v.length(43));
const fileSchema = v.object({
  tokens: v.pipe(
    v.array(v.object({ id: v.pipe(v.number(), v.integer()), secret: secretSchema, createdAt: v.number() })),
    v.minLength(1),
  ),
  recipients: secretSchema,
  reports: secretSchema,
  /** Added later: missing in older files. */
  handover: v.optional(secretSchema),
});

export interface Secrets {
  /** Newest first: the first one issues. */
  readonly tokenKeys: readonly TokenKey[];
  /** Behind `rc`, the commitment to envelope recipients. */
  readonly recipients: Uint8Array;
  /** Behind `blinded` of reports. */
  readonly reports: Uint8Array;
  /** Between the policy service and the milter when they are two processes. */
  readonly handover: Uint8Array;
}

/** A token key issues for this long. */
const issuingSeconds = 180 * 86_400;
/** And checks for this long after its successor came: what it issued last lives 14 days and may be reported for 60. */
const checkingSeconds = limits.reportSeconds + limits.declarationSeconds;

const fresh = (): string => randomBytes(32).toString("base64url");
const octets = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64url"));

/** Adds a token key when the newest has issued long enough, forgets those that can check nothing any more. */
function rotated(file: v.InferOutput<typeof fileSchema>, now: number): v.InferOutput<typeof fileSchema> {
  const byAge = file.tokens.toSorted((one, other) => other.createdAt - one.createdAt);
  const [newest] = byAge;
  const kept = byAge.filter((_, index) => {
    const successor = byAge[index - 1];
    return successor === undefined || now - successor.createdAt < checkingSeconds;
  });
  const due = newest === undefined || now - newest.createdAt > issuingSeconds;
  const tokens = due ? [{ id: ((newest?.id ?? -1) + 1) % 256, secret: fresh(), createdAt: now }, ...kept] : kept;
  return { ...file, tokens, handover: file.handover ?? fresh() };
}

/** Reads the secrets below `keysFolder`, made or rotated where due. Failures as readSecret, and keys/format. */
export function openSecrets(keysFolder: string, now: number): Result<Secrets> {
  const path = join(keysFolder, "secrets.json");
  const text = existsSync(path) ? readSecret(path) : null;
  if (text?.ok === false) return text;
  let before: v.InferOutput<typeof fileSchema> | null = null;
  if (text !== null) {
    try {
      before = v.parse(fileSchema, JSON.parse(text.value));
    } catch (error) {
      return perm("keys/format", `${path}: ${error instanceof Error ? error.message : "unreadable"}`);
    }
  }
  const made = { tokens: [{ id: 0, secret: fresh(), createdAt: now }], recipients: fresh(), reports: fresh() };
  const file = rotated(before ?? made, now);
  if (before === null || JSON.stringify(file) !== JSON.stringify(before)) {
    writeWhole(path, `${JSON.stringify(file, null, 2)}\n`);
  }
  const byAge = file.tokens.toSorted((one, other) => other.createdAt - one.createdAt);
  return ok({
    tokenKeys: byAge.map(({ id, secret }) => ({ id, secret: octets(secret) })),
    recipients: octets(file.recipients),
    reports: octets(file.reports),
    handover: octets(file.handover ?? fresh()),
  });
}
