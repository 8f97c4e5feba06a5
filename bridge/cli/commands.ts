// All commands of `waybill`, in the order of its help.
import { demoCommand } from "../demo/demo.ts";
import { adminCommand } from "./admin.ts";
import { certCommands } from "./cert.ts";
import type { Command } from "./command.ts";
import { doctorCommand } from "./doctor.ts";
import { keysCommands } from "./keys.ts";
import { policyCommands } from "./policy.ts";
import { postfixCommand } from "./postfix.ts";
import { reportsCommand } from "./reports.ts";
import { serveCommand } from "./serve.ts";
import { signCommand } from "./sign.ts";
import { verifyCommand } from "./verify.ts";

/** The command line's table of contents. */
export const commands: readonly Command[] = [
  serveCommand,
  demoCommand,
  verifyCommand,
  signCommand,
  ...certCommands,
  ...keysCommands,
  ...policyCommands,
  reportsCommand,
  adminCommand,
  postfixCommand,
  doctorCommand,
];
