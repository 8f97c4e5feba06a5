// All that a soak runs on: Postfix on loopback with the receiving bridge as its milter, the sending bridge that publishes
// keys and counts complaints, the resolver both ask. The receiving bridge's state lies on a small disk of its own.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { nodeCrypto } from "../../bridge/keys/node-crypto.ts";
import { readDeclarationKeys } from "../../bridge/keys/declaration-keys.ts";
import { openSecrets } from "../../bridge/keys/secrets.ts";
import { parseBridgeKeys, type PublishedKey } from "../../shared/hop/keys.ts";
import { freePort, type MinimalPostfix, startPostfix } from "../bench/postfix.ts";
import { makePki } from "../bridge/fetch/server.ts";
import { must } from "../fakes/mail.ts";
import { SoakBridge } from "./bridge.ts";
import { type Author, readerDomain, senderDomain } from "./mails.ts";
import { Names } from "./names.ts";
import { makeOldStore } from "./old-store.ts";

/** How large a soak is. */
export interface Size {
  readonly mails: number;
  /** Rows of the past in the store that is migrated, twice: signals and tokens. */
  readonly past: number;
  /** Disk of the receiving bridge's state, MB. */
  readonly diskMb: number;
}

/** Everything, the receiving bridge not started yet. */
export interface World {
  readonly folder: string;
  readonly names: Names;
  readonly sender: SoakBridge;
  readonly reader: SoakBridge;
  readonly postfix: MinimalPostfix;
  /** Where Postfix delivers. */
  readonly maildir: string;
  /** Addresses with certificates at the sending bridge: the first writes always, the others when a phase wants new ones. */
  readonly authors: readonly [Author, ...Author[]];
  /** The receiving bridge's seal keys, as it publishes them. */
  sealKeys(): Promise<readonly PublishedKey[]>;
  stop(): Promise<void>;
}

const addresses = ["alice", "anna", "albert", "agnes"].map((name) => `${name}@${senderDomain}`);

/** Makes the senders' certificates: how they sign, and the record of their domain. */
function makeAuthors(bridge: SoakBridge, names: Names): [Author, ...Author[]] {
  const printed = addresses.map((address) => bridge.command("cert", "new", address)).join("");
  const record = /^_ipp\.\S+ IN TXT "(.*)"$/m.exec(printed)?.[1];
  if (record === undefined) throw new Error(`no record in ${printed}`);
  names.texts.set(`_ipp.${senderDomain}`, record);
  const folder = join(bridge.plan.folder, "state", "keys");
  const now = Math.floor(Date.now() / 1_000);
  const keys = must(readDeclarationKeys(folder));
  const [tokenKey] = must(openSecrets(folder, now)).tokenKeys;
  const [first, ...more] = addresses.map((address): Author => {
    const key = keys.signing(address, now);
    if (key === null || tokenKey === undefined) throw new Error(`${address} has no key`);
    return { address, signer: key.signer, tokenKey };
  });
  if (first === undefined) throw new Error("no authors");
  return [first, ...more];
}

const postfixLines = [
  "milter_protocol = 6",
  "milter_default_action = tempfail",
  "message_strip_characters = \\0",
  "virtual_mailbox_maps = static:box/",
  "smtpd_error_sleep_time = 0",
  "smtpd_hard_error_limit = 1000",
  "message_size_limit = 20000000",
];

/** Starts all but the receiving bridge, whose store is an older version's with the readers' pairings. */
export async function startWorld(
  folder: string,
  size: Size,
  bearers: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<World> {
  const names = new Names();
  await names.start();
  const pki = await makePki([`ipp.${senderDomain}`, `ipp.${readerDomain}`]);
  const bridge = async (domain: string): Promise<SoakBridge> => {
    const port = await freePort();
    names.hosts.add(`ipp.${domain}`);
    const plan = { domain, folder: join(folder, domain), port, resolver: names.address, pki };
    return new SoakBridge(plan, signal);
  };
  const [sender, reader] = [await bridge(senderDomain), await bridge(readerDomain)];
  names.texts.set(
    `_ipp.${readerDomain}`,
    `v=IPP1; t=url; url=https://ipp.${readerDomain}:${reader.plan.port}/ipp/{d}/`,
  );
  const state = join(reader.plan.folder, "state");
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size.diskMb}m,mode=0750`, "waybill-soak", state]);
  await makeOldStore(reader.database, size.past, bearers);
  const authors = makeAuthors(sender, names);
  await sender.start();
  const postfixFolder = join(folder, "postfix");
  mkdirSync(postfixFolder);
  const main = [...postfixLines, `smtpd_milters = unix:${reader.milter}`];
  const postfix = await startPostfix({ folder: postfixFolder, main, deliver: "files" });
  return {
    folder,
    names,
    sender,
    reader,
    postfix,
    maildir: join(postfixFolder, "mail", "box"),
    authors,
    async sealKeys() {
      const { body } = await reader.ask("GET", `/ipp/${readerDomain}/keys`);
      return must(await parseBridgeKeys(JSON.parse(body), nodeCrypto()));
    },
    async stop() {
      await Promise.all([reader.stop(), sender.stop(), postfix.stop()]);
      await names.stop();
    },
  };
}
