// All commands of `waybill`, in the order of its help.
import { certCommands } from "./cert.ts";
import type { Command } from "./command.ts";
import { doctorCommand } from "./doctor.ts";
import { keysCommands } from "./keys.ts";
import { policyCommands } from "./policy.ts";
import { postfixCommand } from "./postfix.ts";
import { signCommand } from "./sign.ts";
import { verifyCommand } from "./verify.ts";

/** The command line's table of contents. */
export const commands: readonly Command[] = [
  verifyCommand,
  signCommand,
  ...certCommands,
  ...keysCommands,
  ...policyCommands,
  postfixCommand,
  doctorCommand,
];
