// `waybill demo` (npm start): a whole small world on loopback. Two bridges with keys of their own, a receiving mail server
// whose mails go through the very pipeline of the milter, senders that send it mail good and bad over real SMTP, and the
// reading room, where each mail shows the panel and a complaint travels to the sender's side for real.
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { addressDomain } from "../../shared/header/address.ts";
import { splitMessage } from "../../shared/header/split.ts";
import { relaxBody } from "../../shared/header/canonical.ts";
import { signDeclaration } from "../../shared/ipp/sign.ts";
import { ok, perm, type Result } from "../../shared/result.ts";
import { joinMessage } from "../cli/carry.ts";
import { now } from "../cli/clock.ts";
import { misused, type Call, type Command, type ExitCode } from "../cli/command.ts";
import { unavailable } from "../cli/listen.ts";
import { readDeclarationKeys, writeDeclarationKey } from "../keys/declaration-keys.ts";
import { domainAuthority, newDeclarationKey } from "../keys/new-declaration-key.ts";
import { nodeCrypto } from "../keys/node-crypto.ts";
import { createLog } from "../log/log.ts";
import { demoDesk, type Exhibit } from "./desk.ts";
import { startMailServer, type Delivered } from "./mail-server.ts";
import { scenes, type Author, type Scene } from "./mails.ts";
import { sendMail } from "./send.ts";
import { certify, startSide, submit, type Side } from "./sides.ts";
import { addresses, demoSetup, freePort, isFree, makePki, makeZone, reader, reverseName, type Ports } from "./world.ts";

const root = join(import.meta.dirname, "..", "..");
const readingRoom = join(root, "dist", "pages", "reading-room");
const day = 86_400;

function portOf(call: Call, option: string, usual: number): Result<number> {
  const port = Number(call.value(option) ?? usual);
  const fine = Number.isInteger(port) && port > 0 && port < 65_536;
  return fine ? ok(port) : misused(`--${option}: expected a port, 1 to 65535`);
}

async function choosePorts(call: Call): Promise<Result<Ports>> {
  const http = portOf(call, "port", 8890);
  const smtp = portOf(call, "smtp-port", 8825);
  if (!http.ok) return http;
  if (!smtp.ok) return smtp;
  const asked = [
    { option: "port", port: http.value, what: "the reading room" },
    { option: "smtp-port", port: smtp.value, what: "the mail server" },
  ];
  for (const { option, port, what } of asked) {
    if (await isFree(port)) continue;
    const other = `npm start -- --${option} ${port + 100}`;
    return perm(
      "demo/port",
      `port ${port} of 127.0.0.1, for ${what}, is taken by another program. Choose another: ${other}`,
    );
  }
  const [bypass, homeHttps, sendersHttps] = [await freePort(), await freePort(), await freePort()];
  return ok({ http: http.value, smtp: smtp.value, bypass, homeHttps, sendersHttps });
}

/** Builds the reading room's page where it is not built yet. */
function buildPage(call: Call): Promise<void> {
  if (existsSync(join(readingRoom, "index.html"))) return Promise.resolve();
  call.terminal.say("Building the reading room …\n");
  const build = join(root, "extension", "build.ts");
  return new Promise((resolve) => {
    execFile(process.execPath, [build, "pages"], { cwd: root, timeout: 120_000 }, (error, _, said) => {
      if (error !== null)
        call.terminal.say(`waybill: the page could not be built, the mails are there all the same:\n${said}\n`);
      resolve();
    });
  });
}

/** Signs by a certificate that is over: the pipeline would refuse to, so this does what a careless sender does. */
async function signExpired(side: Side, address: string, raw: Uint8Array): Promise<Result<Uint8Array>> {
  const authority = await domainAuthority(side.keysFolder, addressDomain(address), now());
  if (!authority.ok) return authority;
  const past = now() - 2 * day;
  const key = await newDeclarationKey({
    address,
    kind: "p256",
    days: 1,
    issuer: authority.value.issuer,
    now: past,
    listed: false,
  });
  const message = splitMessage(raw);
  const body = message.ok ? relaxBody(message.value.body) : message;
  if (!key.ok) return key;
  if (!message.ok) return message;
  if (!body.ok) return body;
  writeDeclarationKey(side.keysFolder, key.value);
  await side.bridge.live.refresh();
  const [tokenKey] = side.bridge.live.current().secrets.tokenKeys;
  if (tokenKey === undefined) return perm("demo/keys", "no token key");
  const fields = message.value.fields.filter(({ name }) => !name.toLowerCase().startsWith("x-ipp"));
  const crypto = nodeCrypto();
  const signed = await signDeclaration({
    fields,
    bodyHash: await crypto.digest(body.value),
    declaration: { purpose: "newsletter", classification: "bulk", consent: null },
    now: now(),
    lifetimeSeconds: day,
    signer: key.value.signer,
    tokenKey,
    crypto,
  });
  if (!signed.ok) return signed;
  const { purpose, signature } = signed.value;
  return ok(joinMessage({ fields: [signature, purpose, ...fields], body: message.value.body }));
}

/** Withdraws the address's keys and makes another. */
async function changeKey(side: Side, zone: ReturnType<typeof makeZone>, address: string): Promise<Result<void>> {
  const keys = readDeclarationKeys(side.keysFolder);
  if (!keys.ok) return keys;
  for (const key of keys.value.all.filter((one) => one.address === address)) {
    writeDeclarationKey(side.keysFolder, { ...key, state: "withdrawn", retiredAt: now() });
  }
  const made = await certify(side, zone, address, now());
  return made.ok ? ok(undefined) : made;
}

interface Stage {
  readonly ports: Ports;
  readonly ca: string;
  readonly client: { readonly certificate: string; readonly key: string };
  readonly inbox: Delivered[];
}

async function play(scene: Scene, author: Author, stage: Stage): Promise<Result<Uint8Array>> {
  const made = await scene.make(author);
  if (!made.ok) return made;
  const { ports, ca, client, inbox } = stage;
  const identity = scene.tls === "with-certificate" ? client : null;
  const way = {
    port: scene.bypass === true ? ports.bypass : ports.smtp,
    address: addresses[scene.from],
    helo: reverseName(addresses[scene.from]) ?? "laptop.invalid",
    tls: scene.tls === "no" ? null : { ca, identity },
  };
  for (const recipient of scene.recipients ?? [reader]) {
    await sendMail(way, { from: `bounce@${way.helo}`, to: [recipient], raw: made.value });
  }
  const last = inbox.findLast(({ recipients }) => recipients.includes(reader));
  return last === undefined ? perm("demo/lost", `${scene.id} did not arrive`) : ok(last.raw);
}

/** Plays all scenes; the good invoice's octets are kept for its second copy. */
async function playAll(
  call: Call,
  author: Omit<Author, "sent">,
  stage: Stage,
  exhibits: Exhibit[],
): Promise<Result<void>> {
  const shown = scenes.filter(({ hidden }) => hidden !== true).length;
  const sent = new Map<string, Uint8Array>();
  for (const scene of scenes) {
    if (call.signal.aborted) return ok(undefined);
    const keeping: Author = {
      ...author,
      sent: (id) => sent.get(id) ?? null,
      async sign(address, raw) {
        const signed = await author.sign(address, raw);
        if (signed.ok) sent.set(scene.id, signed.value);
        return signed;
      },
    };
    const raw = await play(scene, keeping, stage);
    if (!raw.ok) return perm(raw.code, `${scene.id}: ${raw.detail}`);
    if (scene.hidden === true) continue;
    exhibits.push({ id: scene.id, title: scene.title, raw: raw.value });
    call.terminal.say(`  ${String(exhibits.length).padStart(2)}/${shown}  ${scene.title}\n`);
  }
  return ok(undefined);
}

/** A new show each time: what earlier ones remember (copies, known keys) would change it. */
function emptyState(path: string): Result<void> {
  try {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
    return ok(undefined);
  } catch (error) {
    const why = error instanceof Error ? error.message : path;
    return perm("demo/state", `${why}. Choose a folder you may write to: npm start -- --state DIR`);
  }
}

const signers = ["billing@bank.example", "news@letters.example", "support@letters.example"] as const;

async function run(call: Call, ports: Ports, signal: AbortSignal): Promise<Result<readonly Promise<void>[]>> {
  const state = call.value("state") ?? join(root, "var", "demo", String(ports.http));
  const emptied = emptyState(state);
  if (!emptied.ok) return emptied;
  const log = createLog("error");
  const clock = { now };
  const pki = await makePki(now());
  const zone = makeZone(ports);
  const exhibits: Exhibit[] = [];
  const inbox: Delivered[] = [];
  const running: { home: Side | null; senders: Side | null } = { home: null, senders: null };
  const token = randomBytes(32).toString("base64url");
  const demo = demoDesk({
    exhibits,
    token: async () => token,
    senders: () => running.senders?.bridge.store ?? null,
  });
  const pages = [
    { path: "/", directory: readingRoom },
    { path: "/admin/", directory: join(root, "dist", "pages", "postmaster") },
  ];
  const [homeTls, sendersTls, mxTls, client] = await Promise.all([
    pki.issue(["ipp.home.example"]),
    pki.issue(["ipp.bank.example", "ipp.letters.example"]),
    pki.issue(["mx.home.example"]),
    pki.issue(["mail.bank.example"]),
  ]);
  const common = { zone, clock, log, signal };
  const sendersSetup = demoSetup({ side: "senders", state, ports, ca: pki.ca });
  const homeSetup = demoSetup({ side: "home", state, ports, ca: pki.ca });
  if (!sendersSetup.ok) return sendersSetup;
  if (!homeSetup.ok) return homeSetup;
  const senders = await startSide({
    ...common,
    setup: sendersSetup.value,
    https: { port: ports.sendersHttps, identity: sendersTls },
    http: null,
    pages: [],
    demo: null,
  });
  if (!senders.ok) return senders;
  running.senders = senders.value;
  const home = await startSide({
    ...common,
    setup: homeSetup.value,
    https: { port: ports.homeHttps, identity: homeTls },
    http: ports.http,
    pages,
    demo,
  });
  if (!home.ok) return home;
  await home.value.bridge.store.bearers.add({ token, address: reader, now: now() });
  for (const address of signers) {
    const made = await certify(senders.value, zone, address, now());
    if (!made.ok) return made;
  }
  const fail = (error: unknown): void => log.error({ err: error }, "demo");
  const server = { hostname: "mx.home.example", tls: mxTls, ca: pki.ca, reverse: reverseName, fail, signal };
  const deliver = (mail: Delivered): void => void inbox.push(mail);
  const open = home.value.bridge.passage({ kind: "border", pass: "single" });
  const border = await startMailServer({ ...server, port: ports.smtp, open, deliver });
  const bypass = await startMailServer({ ...server, port: ports.bypass, open: null, deliver });
  call.terminal.say(`Two bridges, a mail server on 127.0.0.1:${ports.smtp}. Sending mail over SMTP:\n`);
  const side = senders.value;
  const author = {
    sign: (address: string, raw: Uint8Array) => submit(side, address, raw),
    signExpired: (address: string, raw: Uint8Array) => signExpired(side, address, raw),
    changeKey: (address: string) => changeKey(side, zone, address),
  };
  const played = await playAll(call, author, { ports, ca: pki.ca, client, inbox }, exhibits);
  if (!played.ok) return played;
  return ok([home.value.stopped, senders.value.stopped, border.stopped, bypass.stopped]);
}

async function runDemo(call: Call): Promise<Result<ExitCode>> {
  const ports = await choosePorts(call);
  if (!ports.ok) return ports;
  await buildPage(call);
  const ending = new AbortController();
  const signal = AbortSignal.any([call.signal, ending.signal]);
  let started: Result<readonly Promise<void>[]>;
  try {
    started = await run(call, ports.value, signal);
  } catch (error) {
    if (!call.signal.aborted && (error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    started = unavailable("a port of the demo", "127.0.0.1", error);
  }
  if (!started.ok) {
    ending.abort();
    if (!call.signal.aborted) return started;
    // Ctrl-C while mail is under way: a server that goes down tells its clients so, which is no failure.
    started = ok([]);
  }
  if (!signal.aborted) {
    call.terminal.out(`\nThe reading room: http://127.0.0.1:${ports.value.http}/\n`);
    call.terminal.say("Ctrl-C ends it; nothing stays running.\n");
  }
  await Promise.all(started.value);
  call.terminal.say("Ended.\n");
  return ok(0);
}

/** `waybill demo`. */
export const demoCommand: Command = {
  name: "demo",
  parameters: "",
  summary: "A whole small world on this machine: mails good and bad, and the reading room to look at them",
  details:
    "Everything listens on loopback only. A complaint made in the reading room travels to the sender's side for real.",
  options: {
    port: { value: "N", help: "the reading room's port (default 8890)" },
    "smtp-port": { value: "N", help: "the mail server's port (default 8825)" },
    state: { value: "DIR", help: "keys and databases, made anew (default var/demo/PORT)" },
  },
  run: runDemo,
};
