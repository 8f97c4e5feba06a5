// A screen of its own for programs that need one (Xvfb), and pictures of it.
import { execFileSync, spawn } from "node:child_process";
import type { Readable } from "node:stream";

/** A started screen. */
export interface Display {
  /** ":7", for DISPLAY. */
  readonly name: string;
  /** Writes what is on the screen as PNG. */
  screenshot(file: string): void;
  /** How light the screen is at a place, 0 (black) to 255. */
  brightness(x: number, y: number): number;
  /** Moves the pointer and clicks, as a hand would. Screen pixels. */
  click(x: number, y: number): void;
  /** Types on the keyboard (xdotool's key names). */
  press(...keys: string[]): void;
  /** Gives the keyboard to the window of this title: no window manager does. */
  focus(title: string): void;
  stop(): Promise<void>;
}

/** Starts Xvfb on the first free display. */
export async function startDisplay(options: { readonly size?: string }, signal: AbortSignal): Promise<Display> {
  const child = spawn(
    "Xvfb",
    ["-displayfd", "3", "-screen", "0", `${options.size ?? "1280x900"}x24`, "-nolisten", "tcp", "-noreset"],
    { stdio: ["ignore", "ignore", "ignore", "pipe"] },
  );
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await gone;
  };
  signal.addEventListener("abort", () => void stop(), { once: true });
  const number = await new Promise<string>((resolve, reject) => {
    const pipe = child.stdio[3] as Readable;
    pipe.once("data", (data: Buffer) => resolve(data.toString().trim()));
    child.once("error", reject);
    child.once("exit", () => reject(new Error("Xvfb ended before it named its display")));
  });
  const name = `:${number}`;
  const env = { ...process.env, DISPLAY: name };
  const xdotool = (args: readonly string[]): void => void execFileSync("xdotool", args, { env });
  return {
    name,
    screenshot: (file) => void execFileSync("import", ["-display", name, "-window", "root", file]),
    brightness: (x, y) => {
      const crop = ["-display", name, "-window", "root", "-crop", `1x1+${x}+${y}`, "-depth", "8", "gray:-"];
      return execFileSync("import", crop)[0] ?? 0;
    },
    click: (x, y) => xdotool(["mousemove", String(Math.round(x)), String(Math.round(y)), "click", "1"]),
    press: (...keys) => xdotool(["key", ...keys]),
    focus: (title) => xdotool(["search", "--onlyvisible", "--name", title, "windowfocus", "--sync"]),
    stop,
  };
}
