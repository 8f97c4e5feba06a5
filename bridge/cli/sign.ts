// `waybill sign`: signs one mail from a file, by the very pipeline that submission goes through.
import { randomBytes } from "node:crypto";
import { bytesFromString, concatBytes, encodeUtf8, stringFromBytes } from "../../shared/encoding/bytes.ts";
import { addressDomain, parseSingleMailbox } from "../../shared/header/address.ts";
import { splitMessage } from "../../shared/header/split.ts";
import { classifications, consents, purposes } from "../../shared/ipp/registry.ts";
import { ok, perm, type Result } from "../../shared/result.ts";
import { readDeclarationKeys } from "../keys/declaration-keys.ts";
import { signingGrants } from "../keys/grants.ts";
import { nodeCrypto } from "../keys/node-crypto.ts";
import { openSecrets } from "../keys/secrets.ts";
import { createOutbound } from "../pipeline/outbound.ts";
import { carryThrough } from "./carry.ts";
import { now } from "./clock.ts";
import { configOption, misused, onePositional, type Call, type Command, type ExitCode } from "./command.ts";
import { keysFolder, readBytes, setupWithState, type Setup } from "./setup.ts";

/** The author, who is the login unless another is given. */
function authorOf(raw: Uint8Array): Result<string> {
  const message = splitMessage(raw);
  if (!message.ok) return message;
  const from = message.value.fields.filter(({ name }) => name.toLowerCase() === "from");
  const mailbox = from.length === 1 ? parseSingleMailbox(from[0]?.value ?? "") : perm("cli/from", "expected one From");
  return mailbox.ok ? ok(mailbox.value.address) : perm("cli/from", `From: ${mailbox.detail}`);
}

/** A file of this machine's own text tools ends its lines by LF alone; what travels ends them by CRLF (RFC 5322 section 2.1). */
function withMailLineEnds(raw: Uint8Array): Uint8Array {
  return raw.includes(0x0d) ? raw : bytesFromString(stringFromBytes(raw).replaceAll("\n", "\r\n"));
}

/** A mail may say what no registry knows (protocol section 3.6); who types it may have meant another word. */
function remarkOnWords(call: Call): void {
  const registries = { purpose: purposes, cls: classifications, consent: consents };
  for (const [option, registry] of Object.entries(registries)) {
    const word = call.value(option)?.split(".")[0];
    const known = registry.map(({ value }) => value);
    if (word === undefined || known.some((one) => one === word)) continue;
    const others = known.join(", ");
    call.terminal.say(`waybill: --${option}: "${word}" is in no registry, readers are shown it as it is (${others})\n`);
  }
}

function wishOf(call: Call): string {
  const parts = [call.value("purpose"), call.value("cls"), call.value("consent")];
  const [purpose, cls, consent] = parts;
  if (purpose === undefined) return "";
  const more = [cls === undefined ? "" : `; cls=${cls}`, consent === undefined ? "" : `; consent=${consent}`];
  return `X-IPP-Purpose: p=${purpose}${more.join("")}\r\n`;
}

async function signed(call: Call, setup: Setup, raw: Uint8Array, author: string): Promise<Result<Uint8Array>> {
  const folder = keysFolder(setup.config);
  const keys = readDeclarationKeys(folder);
  const secrets = openSecrets(folder, now());
  if (!keys.ok) return keys;
  if (!secrets.ok) return secrets;
  // Who holds the keys' files may sign as anybody they are for.
  const rules = { ...setup.grants, users: [{ login: author, addresses: [author], purposes: ["*"], unasked: "" }] };
  let reason = "";
  const open = createOutbound({
    clock: { now },
    random: (bytes) => new Uint8Array(randomBytes(bytes)),
    crypto: nodeCrypto(),
    log: {
      info: () => undefined,
      warn: (facts: { readonly reason?: string }) => (reason = facts.reason ?? ""),
      error: () => undefined,
    },
    counters: { count: () => undefined },
    users: signingGrants({ rules: () => rules, keys: () => keys.value, secrets: () => secrets.value, now }),
    lifetimeSeconds: () => setup.config.signing.days * 86_400,
  });
  const client = {
    listener: "submission",
    address: null,
    port: null,
    rdns: null,
    helo: null,
    tls: null,
    certificate: null,
    login: author,
    // A file does not say how it will travel: what has UTF-8 in its header can only by SMTPUTF8.
    protocol: "UTF8SMTPA",
  } as const;
  const wished = concatBytes(encodeUtf8(wishOf(call)), raw);
  const arrived = await carryThrough(open, { client, from: author, recipients: [], raw: wished, queueId: "cli" });
  if (!arrived.ok) return arrived;
  const { outcome } = arrived.value;
  if (outcome.action !== "accept") return perm("cli/refused", outcome.reply?.text ?? "refused");
  if (!/^ipp-signature:/im.test(stringFromBytes(arrived.value.raw))) {
    const why =
      reason === "resent"
        ? "it has Resent-* fields: who sends it again does not declare it"
        : "no purpose was asked for: --purpose, or X-IPP-Purpose in the mail";
    return perm("cli/unsigned", `${author}: ${why}`);
  }
  return ok(arrived.value.raw);
}

async function runSign(call: Call): Promise<Result<ExitCode>> {
  const file = onePositional(call, "FILE");
  const setup = setupWithState(call);
  if (!file.ok) return file;
  if (!setup.ok) return setup;
  const raw = readBytes(file.value);
  if (!raw.ok) return raw;
  const mail = withMailLineEnds(raw.value);
  const author = authorOf(mail);
  if (!author.ok) return author;
  const domain = addressDomain(author.value);
  if (!setup.value.config.domains.includes(domain))
    return misused(`${domain} is not in "domains" of ${setup.value.path}`);
  const done = await signed(call, setup.value, mail, author.value);
  if (!done.ok) return done;
  remarkOnWords(call);
  call.terminal.out(done.value);
  return ok(0);
}

/** `waybill sign`. */
export const signCommand: Command = {
  name: "sign",
  parameters: "FILE",
  summary: "Sign one mail (- is standard input) and print it",
  details: "The author's certificate signs; the purpose is --purpose, or the mail's own X-IPP-Purpose.",
  options: {
    ...configOption,
    purpose: { value: "PURPOSE", help: '"transactional.invoice"' },
    cls: { value: "CLASS", help: "individual, group or bulk" },
    consent: { value: "WORD", help: "relationship, optin …" },
  },
  run: runSign,
};
