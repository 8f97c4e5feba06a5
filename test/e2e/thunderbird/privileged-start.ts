// Functions that run inside Thunderbird (marionette.ts) right after its start. They travel as source: each stands alone.

/** Resolves when the main window shows its three panes. */
export async function waitForWindow(): Promise<void> {
  const { setTimeout } = ChromeUtils.importESModule("resource://gre/modules/Timer.sys.mjs");
  for (let attempt = 0; attempt < 600; attempt++) {
    const window = Services.wm.getMostRecentWindow("mail:3pane");
    const pane = window?.document.getElementById("tabmail")?.currentAbout3Pane;
    if (pane?.document.readyState === "complete" && typeof pane.displayFolder === "function") return;
    await new Promise<void>((resolve) => void setTimeout(resolve, 50));
  }
  throw new Error("no main window after 30 s");
}

/** Trusts a certificate authority (DER in base64) for servers and for mail. */
export function trustAuthority(base64: string): void {
  const database = Cc["@mozilla.org/security/x509certdb;1"]?.getService(Ci["nsIX509CertDB"]) as {
    addCertFromBase64(base64: string, trust: string): void;
  };
  database.addCertFromBase64(base64, "CT,C,C");
}

/** Stores one password for every account's servers, so that none asks. */
export async function addPasswords(password: string): Promise<void> {
  const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
  const add = async (origin: string, login: string): Promise<void> => {
    const info = Cc["@mozilla.org/login-manager/loginInfo;1"]?.createInstance(Ci["nsILoginInfo"]) as {
      init(...values: readonly (string | null)[]): void;
    };
    info.init(origin, null, origin, login, password, "", "");
    await Services.logins.addLoginAsync(info);
  };
  for (const server of MailServices.accounts.allServers) {
    if (server.type === "imap") await add(`imap://${server.hostname}`, server.username);
  }
  for (const server of MailServices.outgoingServer.servers) {
    await add(`smtp://${server.serverURI.host}`, server.username);
  }
}
