// Everything that runs while the scenarios do: both organisations, and at the desk a screen with Thunderbird on it and
// a Chromium without one.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startDisplay, type Display } from "./display.ts";
import { password, prepareLab, startNames, type Internet, type Plan } from "./lab/lab.ts";
import { startOrganisation, type Organisation } from "./lab/organisation.ts";
import type { Stage } from "./stage.ts";
import type { Account } from "./thunderbird/profile.ts";
import { startThunderbird, type Thunderbird } from "./thunderbird/start.ts";
import { startChromium, type Chromium, type ChromiumOptions } from "./webmail/chromium.ts";
import { closeFirstRun } from "./webmail/waybill.ts";
import { startRoundcube, type Roundcube } from "./webmail/roundcube.ts";

/** The started lab. */
export interface World {
  readonly plan: Plan;
  readonly bank: Organisation;
  readonly home: Organisation;
  /** One for each program: a click needs its window on top. */
  readonly screens: { readonly thunderbird: Display; readonly chromium: Display };
  readonly thunderbird: Thunderbird;
  readonly roundcube: Roundcube;
  /** The one that runs now. */
  readonly chromium: Chromium;
  /** Ends it and starts it again with the same profile, on a light or a dark desktop. */
  restartChromium(colorScheme: "light" | "dark"): Promise<void>;
  /** Pictures of every screen, for a failure. */
  photograph(folder: string): void;
  close(): Promise<void>;
}

function account(organisation: { readonly mailHost: string }, address: string, fullName: string): Account {
  const host = organisation.mailHost;
  return {
    fullName,
    address,
    login: address,
    imap: { host, port: 143, security: "starttls" },
    submission: { host, port: 587, security: "starttls" },
  };
}

function thunderbirdAt(folder: string, plan: Plan, display: Display, signal: AbortSignal): Promise<Thunderbird> {
  return startThunderbird(
    {
      folder,
      display: display.name,
      accounts: [
        account(plan.bank, "billing@bank.example", "Bank Billing"),
        account(plan.home, "alice@home.example", "Alice"),
      ],
      authorities: [readFileSync(plan.authority.certificate, "utf8")],
      password,
      addon: join(built, "thunderbird"),
    },
    signal,
  );
}

/** Where `node extension/build.ts` puts the extensions. */
const built = join(import.meta.dirname, "..", "..", "dist");
const webmailPort = 8080;
const webmailHost = "webmail.home.example";

function roundcubeAt(plan: Plan, signal: AbortSignal): Promise<Roundcube> {
  const { home } = plan;
  return startRoundcube(
    {
      folder: join(home.folder, "roundcube"),
      port: webmailPort,
      imap: `tls://${home.mailHost}:143`,
      smtp: `tls://${home.mailHost}:587`,
      skin: "elastic",
      authorityFile: home.authority,
      namespace: home.host.namespace,
      publicUrl: `https://${webmailHost}/`,
    },
    signal,
  );
}

/** Starts everything. */
export async function startWorld(internet: Internet, folder: string, stage: Stage): Promise<World> {
  const { signal } = stage;
  const plan = await stage.step("certificates", () => prepareLab(internet, folder, signal));
  const names = await stage.step("knot signs, unbound validates", () => startNames(internet, plan, signal));
  const [bank, home] = await stage.step("Postfix, Dovecot, https for bank.example and home.example", () =>
    Promise.all([
      startOrganisation(plan.bank, names, {}, signal),
      startOrganisation(plan.home, names, { [webmailHost]: webmailPort }, signal),
    ]),
  );
  const screens = { thunderbird: await startDisplay({}, signal), chromium: await startDisplay({}, signal) };
  const desk = join(folder, "desk");
  const browse = async (options: Pick<ChromiumOptions, "colorScheme" | "keepProfile">): Promise<Chromium> => {
    const started = await startChromium(
      {
        folder: join(desk, "chromium"),
        display: screens.chromium,
        extension: join(built, "chromium"),
        certificates: [plan.home, plan.bank].map(({ certificate }) => readFileSync(certificate.chain, "utf8")),
        ...options,
      },
      signal,
    );
    await closeFirstRun(started);
    return started;
  };
  const [thunderbird, roundcube, firstChromium] = await stage.step("Thunderbird, Roundcube, Chromium", () =>
    Promise.all([
      thunderbirdAt(join(desk, "thunderbird"), plan, screens.thunderbird, signal),
      roundcubeAt(plan, signal),
      browse({}),
    ]),
  );
  let chromium = firstChromium;
  return {
    plan,
    bank,
    home,
    screens,
    thunderbird,
    roundcube,
    get chromium() {
      return chromium;
    },
    restartChromium: async (colorScheme) => {
      await chromium.stop();
      chromium = await browse({ colorScheme, keepProfile: true });
    },
    photograph: (target) => {
      mkdirSync(target, { recursive: true });
      screens.thunderbird.screenshot(join(target, "thunderbird.png"));
      screens.chromium.screenshot(join(target, "chromium.png"));
    },
    close: async () => {
      await Promise.all([thunderbird.stop(), chromium.stop(), roundcube.stop()]);
      await Promise.all([screens.thunderbird.stop(), screens.chromium.stop()]);
      for (const organisation of [bank, home]) {
        await Promise.all([organisation.postfix.stop(), organisation.front.stop(), organisation.dovecot.stop()]);
        await Promise.all([organisation.bridge.stop(), organisation.opendkim.stop()]);
        await organisation.resolver.stop();
      }
      await names.program.stop();
    },
  };
}
