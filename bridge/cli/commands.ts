// All commands of `waybill`, in the order of its help. Each is loaded when it is asked for: what a command needs, the bridge
// that runs for months does not.
import type { Command, CommandEntry } from "./command.ts";

/** Commands of one file, by the names they bear there. */
function entries(names: readonly string[], load: () => Promise<readonly Command[]>): readonly CommandEntry[] {
  return names.map((name) => ({
    name,
    async load() {
      const command = (await load()).find((one) => one.name === name);
      if (command === undefined) throw new Error(`no command "${name}" where it was expected`);
      return command;
    },
  }));
}

/** The command line's table of contents. */
export const commands: readonly CommandEntry[] = [
  ...entries(["serve"], async () => [(await import("./serve.ts")).serveCommand]),
  ...entries(["demo"], async () => [(await import("../demo/demo.ts")).demoCommand]),
  ...entries(["verify"], async () => [(await import("./verify.ts")).verifyCommand]),
  ...entries(["sign"], async () => [(await import("./sign.ts")).signCommand]),
  ...entries(
    ["cert new", "cert rotate", "cert show", "cert withdraw"],
    async () => (await import("./cert.ts")).certCommands,
  ),
  ...entries(["keys show", "keys rotate", "keys revoke"], async () => (await import("./keys.ts")).keysCommands),
  ...entries(["policy check", "policy explain"], async () => (await import("./policy.ts")).policyCommands),
  ...entries(["reports"], async () => [(await import("./reports.ts")).reportsCommand]),
  ...entries(["admin token"], async () => [(await import("./admin.ts")).adminCommand]),
  ...entries(["postfix"], async () => [(await import("./postfix.ts")).postfixCommand]),
  ...entries(["doctor"], async () => [(await import("./doctor.ts")).doctorCommand]),
];
