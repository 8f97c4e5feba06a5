// `waybill admin token`: the token that opens the postmaster's page and /metrics from elsewhere. Only its digest is kept.
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ok, type Result } from "../../shared/result.ts";
import type { Config } from "../config.ts";
import { readSecret, writeWhole } from "../keys/key-file.ts";
import { secretDigest } from "../store/digest.ts";
import { configOption, type Call, type Command, type ExitCode } from "./command.ts";
import { keysFolder, setupWithState } from "./setup.ts";

const fileOf = (config: Config): string => join(keysFolder(config), "admin-token-hash");

/** The digest of the token in force, or null where there is none. Read anew each time: making a new one counts at once. */
export function readAdminTokenHash(config: Config): string | null {
  const path = fileOf(config);
  const text = existsSync(path) ? readSecret(path) : null;
  return text?.ok === true ? text.value.trim() : null;
}

async function runToken(call: Call): Promise<Result<ExitCode>> {
  const setup = setupWithState(call);
  if (!setup.ok) return setup;
  const token = randomBytes(32).toString("base64url");
  writeWhole(fileOf(setup.value.config), `${secretDigest(token)}\n`);
  call.terminal.say("The administrator's token; the one before is no longer good. It is shown only now:\n");
  call.terminal.out(`${token}\n`);
  return ok(0);
}

/** `waybill admin token`. */
export const adminCommand: Command = {
  name: "admin token",
  parameters: "",
  summary: "Make a new token for the postmaster's page and /metrics",
  options: configOption,
  run: runToken,
};
