// `waybill keys …`: the bridge's own keys, which seal Hop-Signals and sign reports.
import { formatBridgeKeys } from "../../shared/hop/keys.ts";
import { ok, type Result } from "../../shared/result.ts";
import { sealDomain } from "../config.ts";
import { openSealKeys, revokeSealKey, rotateSealKey, type SealKeys } from "../keys/seal-keys.ts";
import { dayOf, now } from "./clock.ts";
import { configOption, onePositional, type Call, type Command, type ExitCode } from "./command.ts";
import { keysFolder, setupOfRunning } from "./setup.ts";

function placeOf(call: Call): Result<{ readonly folder: string; readonly domain: string }> {
  const setup = setupOfRunning(call);
  if (!setup.ok) return setup;
  return ok({ folder: keysFolder(setup.value.config), domain: sealDomain(setup.value.config) });
}

function show(call: Call, keys: SealKeys): Result<ExitCode> {
  if (call.has("json")) {
    call.terminal.out(`${JSON.stringify({ keys: formatBridgeKeys(keys.published) }, null, 2)}\n`);
    return ok(0);
  }
  for (const key of keys.published) {
    const retired = now() > key.notAfter ? "retired" : "valid";
    const state = key.revoked ? "revoked" : retired;
    const use = key.keyId === keys.signer.keyId ? "  seals now" : "";
    call.terminal.out(
      `${keys.domain}  ${key.keyId}  ${state}  ${dayOf(key.notBefore)} to ${dayOf(key.notAfter)}${use}\n`,
    );
  }
  return ok(0);
}

async function runShow(call: Call): Promise<Result<ExitCode>> {
  const place = placeOf(call);
  if (!place.ok) return place;
  const keys = await openSealKeys(place.value.folder, place.value.domain, now());
  return keys.ok ? show(call, keys.value) : keys;
}

async function runRotate(call: Call): Promise<Result<ExitCode>> {
  const place = placeOf(call);
  if (!place.ok) return place;
  const keys = await rotateSealKey(place.value.folder, place.value.domain, now());
  if (!keys.ok) return keys;
  call.terminal.say("The new key is published at once and seals in two days. Take it up: systemctl reload waybill\n");
  return show(call, keys.value);
}

async function runRevoke(call: Call): Promise<Result<ExitCode>> {
  const place = placeOf(call);
  const keyId = onePositional(call, "KEY-ID");
  if (!place.ok) return place;
  if (!keyId.ok) return keyId;
  const { folder, domain } = place.value;
  const revoked = revokeSealKey(folder, domain, keyId.value);
  if (!revoked.ok) return revoked;
  call.terminal.say("Revoked for good: what it sealed reads as not recorded. Take it up: systemctl reload waybill\n");
  const keys = await openSealKeys(folder, domain, now());
  return keys.ok ? show(call, keys.value) : keys;
}

/** Commands about the bridge's own keys. */
export const keysCommands: readonly Command[] = [
  {
    name: "keys show",
    parameters: "",
    summary: "List the keys that seal, made where there are none yet",
    options: { ...configOption, json: { value: null, help: "as the bridge publishes them" } },
    run: runShow,
  },
  {
    name: "keys rotate",
    parameters: "",
    summary: "Make a successor now (the bridge does so by itself after 180 days)",
    options: { ...configOption, json: { value: null, help: "as the bridge publishes them" } },
    run: runRotate,
  },
  {
    name: "keys revoke",
    parameters: "KEY-ID",
    summary: "Revoke a stolen key for good",
    options: { ...configOption, json: { value: null, help: "as the bridge publishes them" } },
    run: runRevoke,
  },
];
