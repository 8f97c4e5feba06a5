// A throw-away Thunderbird profile: quiet (no network of its own, no first-run pages), with the accounts a test names.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** One person's mail account. */
export interface Account {
  readonly fullName: string;
  readonly address: string;
  readonly login: string;
  readonly imap: { readonly host: string; readonly port: number; readonly security: Security } | null;
  readonly submission: { readonly host: string; readonly port: number; readonly security: Security } | null;
}

/** How a connection is protected: `plain` is for loopback only. */
export type Security = "plain" | "starttls" | "tls";

type Preferences = Readonly<Record<string, string | number | boolean>>;

const socketTypes: Readonly<Record<Security, number>> = { plain: 0, starttls: 2, tls: 3 };

function quiet(marionettePort: number): Preferences {
  return {
    "marionette.port": marionettePort,
    "devtools.console.stdout.content": true,
    "browser.dom.window.dump.enabled": true,
    "app.update.enabled": false,
    "app.update.auto": false,
    "extensions.update.enabled": false,
    "extensions.systemAddon.update.enabled": false,
    "extensions.getAddons.cache.enabled": false,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.enabled": false,
    "toolkit.telemetry.server": "data:,",
    "toolkit.telemetry.unified": false,
    "datareporting.healthreport.uploadEnabled": false,
    "datareporting.policy.dataSubmissionEnabled": false,
    "datareporting.policy.dataSubmissionPolicyBypassNotification": true,
    "network.captive-portal-service.enabled": false,
    "network.connectivity-service.enabled": false,
    "network.dns.disablePrefetch": true,
    "geo.enabled": false,
    "browser.safebrowsing.malware.enabled": false,
    "browser.safebrowsing.phishing.enabled": false,
    "mail.inappnotifications.enabled": false,
    "mailnews.start_page.enabled": false,
    "mailnews.start_page.url": "about:blank",
    "mailnews.start_page_override.mstone": "ignore",
    "app.donation.eoy.version.viewed": 999,
    "app.donation.eoy.url": "",
    "browser.startup.upgradeDialog.version": 9999,
    "mail.provider.suppress_dialog_on_startup": true,
    "mail.provider.enabled": false,
    "mail.spotlight.firstRunDone": true,
    "mail.winsearch.firstRunDone": true,
    "mail.rights.version": 1,
    "mail.rights.override": true,
    "mail.shell.checkDefaultClient": false,
    "mail.ui.show.migration.on.upgrade": false,
    "mail.biff.play_sound": false,
    "mail.biff.show_alert": false,
    "mail.SpellCheckBeforeSend": false,
    "mail.spellcheck.inline": false,
    "mail.warn_on_send_accel_key": false,
    "mail.compose.attachment_reminder": false,
    "mailnews.database.global.indexer.enabled": false,
    "mail.openpgp.enable": false,
    "calendar.timezone.local": "UTC",
    "calendar.timezone.useSystemTimezone": false,
    "app.normandy.enabled": false,
    "extensions.autoDisableScopes": 0,
    "extensions.enabledScopes": 5,
    "xpinstall.signatures.required": false,
    "extensions.startupScanScopes": 15,
    "extensions.logging.enabled": false,
    "toolkit.startup.max_resumed_crashes": -1,
    "browser.sessionstore.resume_from_crash": false,
    "ui.prefersReducedMotion": 1,
    "toolkit.cosmeticAnimations.enabled": false,
    "intl.locale.requested": "en-US",
  };
}

/** Local Folders, which every profile has. */
const localFolders: Preferences = {
  "mail.accountmanager.localfoldersserver": "server1",
  "mail.account.account1.server": "server1",
  "mail.server.server1.type": "none",
  "mail.server.server1.hostname": "Local Folders",
  "mail.server.server1.userName": "nobody",
  "mail.server.server1.name": "Local Folders",
  "mail.server.server1.directory-rel": "[ProfD]Mail/Local Folders",
};

function incoming(server: string, account: Account): Preferences {
  const at = `mail.server.${server}`;
  const shared: Preferences = {
    [`${at}.userName`]: account.login,
    [`${at}.name`]: account.address,
    // Either would open a password or error dialog before anything can be driven, and a dialog stalls everything.
    [`${at}.login_at_startup`]: false,
    [`${at}.check_new_mail`]: false,
  };
  if (account.imap === null) {
    return { ...shared, [`${at}.type`]: "pop3", [`${at}.hostname`]: "127.0.0.1", [`${at}.port`]: 1 };
  }
  return {
    ...shared,
    [`${at}.type`]: "imap",
    [`${at}.hostname`]: account.imap.host,
    [`${at}.port`]: account.imap.port,
    [`${at}.socketType`]: socketTypes[account.imap.security],
    [`${at}.authMethod`]: 3,
    [`${at}.directory-rel`]: `[ProfD]ImapMail/${server}`,
    [`${at}.storeContractID`]: "@mozilla.org/msgstore/berkeleystore;1",
  };
}

function identity(id: string, smtp: string, account: Account): Preferences {
  const at = `mail.identity.${id}`;
  return {
    [`${at}.useremail`]: account.address,
    [`${at}.fullName`]: account.fullName,
    [`${at}.valid`]: true,
    [`${at}.smtpServer`]: smtp,
    [`${at}.compose_html`]: false,
    [`${at}.fcc_folder`]: "mailbox://nobody@Local%20Folders/Sent",
    [`${at}.draft_folder`]: "mailbox://nobody@Local%20Folders/Drafts",
  };
}

function outgoing(smtp: string, account: Account): Preferences {
  const { submission } = account;
  const at = `mail.smtpserver.${smtp}`;
  return {
    [`${at}.type`]: "smtp",
    [`${at}.hostname`]: submission?.host ?? "127.0.0.1",
    [`${at}.port`]: submission?.port ?? 1,
    [`${at}.authMethod`]: submission === null ? 1 : 3,
    [`${at}.username`]: account.login,
    [`${at}.try_ssl`]: socketTypes[submission?.security ?? "plain"],
  };
}

function accounts(list: readonly Account[]): Preferences {
  const keys = list.map((_, index) => `account${index + 2}`);
  const merged: Record<string, string | number | boolean> = {
    ...localFolders,
    "mail.accountmanager.accounts": [...keys, "account1"].join(),
    "mail.accountmanager.defaultaccount": keys[0] ?? "account1",
    "mail.account.lastKey": list.length + 1,
    "mail.smtpservers": list.map((_, index) => `smtp${index + 1}`).join(),
    "mail.smtp.defaultserver": "smtp1",
  };
  for (const [index, account] of list.entries()) {
    const [server, id, smtp] = [`server${index + 2}`, `id${index + 1}`, `smtp${index + 1}`];
    Object.assign(merged, incoming(server, account), identity(id, smtp, account), outgoing(smtp, account), {
      [`mail.account.account${index + 2}.server`]: server,
      [`mail.account.account${index + 2}.identities`]: id,
    });
  }
  return merged;
}

/** What stands in a fresh profile. */
export interface ProfileContent {
  readonly marionettePort: number;
  readonly accounts: readonly Account[];
  /** Raw messages that lie in Local Folders' Inbox. */
  readonly mails?: readonly string[];
  /** Added to, or instead of, the preferences above. */
  readonly preferences?: Preferences;
}

/** mbox (RFC 4155) with ">From " quoting; Thunderbird makes its summary on first open. */
function mbox(mails: readonly string[]): string {
  return mails
    .map((raw) =>
      raw
        .replaceAll("\r\n", "\n")
        .replaceAll(/^From /gm, ">From ")
        .trimEnd(),
    )
    .map((raw) => `From - Thu Jan 01 00:00:00 2026\n${raw}\n\n`)
    .join("");
}

/** Writes the profile; what was in the folder is gone. */
export function writeProfile(folder: string, content: ProfileContent): void {
  rmSync(folder, { recursive: true, force: true });
  const local = join(folder, "Mail", "Local Folders");
  mkdirSync(local, { recursive: true });
  const preferences = { ...quiet(content.marionettePort), ...accounts(content.accounts), ...content.preferences };
  const lines = Object.entries(preferences).map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});\n`);
  writeFileSync(join(folder, "user.js"), lines.join(""));
  writeFileSync(join(local, "Inbox"), mbox(content.mails ?? []), "latin1");
  for (const name of ["Trash", "Sent", "Drafts", "Junk"]) writeFileSync(join(local, name), "");
  writeFileSync(join(folder, "times.json"), JSON.stringify({ created: Date.now(), firstUse: null }));
}
