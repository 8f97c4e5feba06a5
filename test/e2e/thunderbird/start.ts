// Starts a real Thunderbird in a throw-away profile and hands back a way to drive it (Marionette).
import { X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../ports.ts";
import { startProgram, type Running } from "../running.ts";
import { Marionette } from "./marionette.ts";
import { writeProfile, type ProfileContent } from "./profile.ts";
import { addPasswords, trustAuthority, waitForWindow } from "./privileged-start.ts";

/** What a test asks for. */
export interface ThunderbirdOptions extends Omit<ProfileContent, "marionettePort"> {
  /** Folder of its own for profile and log. */
  readonly folder: string;
  /** DISPLAY of a started screen; null: headless (screenshots then come from the program itself). */
  readonly display: string | null;
  /** Certificate authorities (PEM) it trusts for servers. */
  readonly authorities?: readonly string[];
  /** Password of every account, stored beforehand: a question for it would stall everything. */
  readonly password?: string;
  /** Unpacked add-on, loaded as a temporary one. */
  readonly addon?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** A Thunderbird that runs. */
export interface Thunderbird {
  readonly marionette: Marionette;
  readonly program: Running;
  /** Loads an unpacked add-on; its id. */
  install(addon: string): Promise<string>;
  /** Its newest window as PNG; works headless too. */
  screenshot(file: string): Promise<void>;
  stop(): Promise<void>;
}

/** The binary itself: Debian's wrapper would leave a shell between us and it. */
const binary = "/usr/lib/thunderbird/thunderbird-bin";

function environment(options: ThunderbirdOptions, profile: string): Record<string, string | undefined> {
  return {
    HOME: profile,
    DISPLAY: options.display ?? undefined,
    MOZ_HEADLESS: options.display === null ? "1" : undefined,
    LANG: "C.UTF-8",
    LC_ALL: "C.UTF-8",
    TZ: "UTC",
    MOZ_CRASHREPORTER_DISABLE: "1",
    // Running as root: the content sandbox cannot be set up.
    MOZ_DISABLE_CONTENT_SANDBOX: process.getuid?.() === 0 ? "1" : undefined,
    GTK_USE_PORTAL: "0",
    NO_AT_BRIDGE: "1",
    LIBGL_ALWAYS_SOFTWARE: "1",
    DBUS_SESSION_BUS_ADDRESS: undefined,
    WAYLAND_DISPLAY: undefined,
    ...options.env,
  };
}

/** Starts Thunderbird and waits until its main window, its accounts and its add-on are there. */
export async function startThunderbird(options: ThunderbirdOptions, signal: AbortSignal): Promise<Thunderbird> {
  const profile = join(options.folder, "profile");
  const port = await freePort();
  writeProfile(profile, { ...options, marionettePort: port });
  const program = startProgram(
    {
      name: "thunderbird",
      command: binary,
      args: ["--profile", profile, "--no-remote", "--new-instance", "-marionette", "-remote-allow-system-access"],
      env: environment(options, profile),
      log: join(options.folder, "thunderbird.log"),
      group: true,
    },
    signal,
  );
  const marionette = await Marionette.connect(port);
  const install = async (addon: string): Promise<string> =>
    String(await marionette.command("Addon:Install", { path: addon, temporary: true }));
  try {
    await marionette.command("WebDriver:NewSession", {
      capabilities: { alwaysMatch: { timeouts: { script: 60_000 } } },
    });
    await marionette.command("Marionette:SetContext", { value: "chrome" });
    await marionette.chrome(waitForWindow);
    if (options.display !== null) {
      await marionette.command("WebDriver:SetWindowRect", { x: 0, y: 0, width: 1280, height: 900 });
    }
    for (const pem of options.authorities ?? []) {
      await marionette.chrome(trustAuthority, new X509Certificate(pem).raw.toString("base64"));
    }
    if (options.password !== undefined) await marionette.chrome(addPasswords, options.password);
    if (options.addon !== undefined) await install(options.addon);
  } catch (error) {
    await program.stop();
    throw error;
  }
  return {
    marionette,
    program,
    install,
    screenshot: async (file) => {
      const png = await marionette.command("WebDriver:TakeScreenshot", { full: false });
      writeFileSync(file, Buffer.from(String(png), "base64"));
    },
    stop: async () => {
      const quit = marionette.command("Marionette:Quit", { flags: ["eForceQuit"] }).catch(() => null);
      await Promise.race([quit, sleep(5_000)]);
      marionette.close();
      await program.stop();
    },
  };
}
