// Everything that runs while the scenarios do: both organisations, and at the desk a screen with Thunderbird on it.
import { mkdirSync } from "node:fs";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startDisplay, type Display } from "./display.ts";
import { password, prepareLab, startNames, type Internet, type Plan } from "./lab/lab.ts";
import { startOrganisation, type Organisation } from "./lab/organisation.ts";
import type { Stage } from "./stage.ts";
import type { Account } from "./thunderbird/profile.ts";
import { startThunderbird, type Thunderbird } from "./thunderbird/start.ts";

/** The started lab. */
export interface World {
  readonly plan: Plan;
  readonly bank: Organisation;
  readonly home: Organisation;
  readonly display: Display;
  readonly thunderbird: Thunderbird;
  /** Pictures of every screen, for a failure. */
  photograph(folder: string): Promise<void>;
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

/** Starts everything. */
export async function startWorld(internet: Internet, folder: string, stage: Stage): Promise<World> {
  const { signal } = stage;
  const plan = await stage.step("certificates", () => prepareLab(internet, folder));
  const names = await stage.step("knot signs, unbound validates", () => startNames(internet, plan, [], signal));
  const [bank, home] = await stage.step("Postfix, Dovecot, https for bank.example and home.example", () =>
    Promise.all([
      startOrganisation(plan.bank, names, { routes: {} }, signal),
      startOrganisation(plan.home, names, { routes: {} }, signal),
    ]),
  );
  const display = await startDisplay({}, signal);
  const thunderbird = await stage.step("Thunderbird", () =>
    startThunderbird(
      {
        folder: join(folder, "desk", "thunderbird"),
        display: display.name,
        accounts: [
          account(plan.bank, "billing@bank.example", "Bank Billing"),
          account(plan.home, "alice@home.example", "Alice"),
        ],
        authorities: [readFileSync(plan.authority.certificate, "utf8")],
        password,
      },
      signal,
    ),
  );
  return {
    plan,
    bank,
    home,
    display,
    thunderbird,
    photograph: async (target) => {
      mkdirSync(target, { recursive: true });
      display.screenshot(join(target, "screen.png"));
    },
    close: async () => {
      await thunderbird.stop();
      await display.stop();
      for (const organisation of [bank, home]) {
        await Promise.all([organisation.postfix.stop(), organisation.front.stop(), organisation.dovecot.stop()]);
        await organisation.resolver.stop();
      }
      await names.program.stop();
    },
  };
}
