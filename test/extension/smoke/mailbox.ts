// One mailbox on a Dovecot of its own, with the sample mails in it and a bridge beside it.
import { chmodSync, chownSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startDovecot } from "../../e2e/lab/dovecot.ts";
import { freePort } from "../../e2e/ports.ts";
import { startFakeBridge } from "./fake-bridge.ts";
import type { FakeBridge } from "./fake-bridge.ts";
import { makeSampleWorld } from "./sample-mails.ts";
import type { SampleWorld } from "./sample-mails.ts";

export interface SmokeMailbox {
  /** For the programs that read it: each a folder of its own below. */
  readonly folder: string;
  readonly login: string;
  readonly password: string;
  readonly imapPort: number;
  readonly world: SampleWorld;
  readonly bridge: FakeBridge;
  /** Puts a further mail into it. */
  put(raw: string): void;
  stop(): Promise<void>;
}

/** Debian's user "mail", who owns Dovecot's mailboxes. */
const owner = 8;

/** Puts a mail into a maildir as new. */
function deliver(maildir: string, raw: string, number: number): void {
  for (const part of ["", "cur", "new", "tmp"]) {
    mkdirSync(join(maildir, part), { recursive: true });
    chownSync(join(maildir, part), owner, owner);
  }
  const name = `${Math.floor(Date.now() / 1000)}.${number}.smoke`;
  const file = join(maildir, "tmp", name);
  writeFileSync(file, raw, "latin1");
  chownSync(file, owner, owner);
  // Whole before anybody sees it: Dovecot takes from "new" at once.
  renameSync(file, join(maildir, "new", name));
}

export async function startMailbox(signal: AbortSignal): Promise<SmokeMailbox> {
  const folder = mkdtempSync(join(tmpdir(), "waybill-smoke-"));
  chmodSync(folder, 0o755);
  const world = await makeSampleWorld(Math.floor(Date.now() / 1000));
  const [login, password, imapPort] = [world.reader, "secret", await freePort()];
  const maildir = join(folder, "dovecot", "mail", login);
  let delivered = 0;
  const put = (raw: string): void => {
    delivered += 1;
    deliver(maildir, raw, delivered);
  };
  const bridge = await startFakeBridge({
    domain: world.domain,
    keys: world.keys,
    authserv: ["mx1.example.net"],
    certificates: { [world.sender.signer.keyId]: [world.sender.chain] },
    deliver: (_, raw) => put(raw),
  });
  const dovecot = await startDovecot(
    {
      folder: join(folder, "dovecot"),
      hostname: "imap.example.net",
      address: "127.0.0.1",
      imapPort,
      certificate: null,
      mailboxes: [{ login, password }],
    },
    signal,
  );
  for (const raw of Object.values(world.mails)) put(raw);
  return {
    folder,
    login,
    password,
    imapPort,
    world,
    bridge,
    put,
    async stop() {
      await dovecot.stop();
      await bridge.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
