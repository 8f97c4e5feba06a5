// What a command of `waybill` is: its words, its options, what it runs. run.ts finds and calls them.
import { perm, type Result } from "../../shared/result.ts";

/** 0: done, or it holds. 1: checked, and it does not hold. 75: not to be known now. Mistakes and failures are Results; run.ts gives them 2 and 75. */
export type ExitCode = 0 | 1 | 75;

/** One option: `--name VALUE`, or a switch where `value` is null. */
export interface OptionSpec {
  /** What stands for the value in the help: "FILE"; null for a switch. */
  readonly value: string | null;
  readonly help: string;
  readonly multiple?: boolean;
}

/** Where commands write and read; tests hand in their own. */
export interface Terminal {
  /** Results, as they are. */
  readonly out: (text: string | Uint8Array) => void;
  /** Progress and remarks. */
  readonly say: (text: string) => void;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Calls back whenever the operator asks for the configuration to be read again (SIGHUP). */
  readonly onReload: (listener: () => void) => void;
}

/** One call of a command. */
export interface Call {
  readonly positionals: readonly string[];
  /** The last value given of an option. */
  value(name: string): string | undefined;
  /** All values of a `multiple` option. */
  values(name: string): readonly string[];
  has(name: string): boolean;
  readonly terminal: Terminal;
  /** Aborts when the process shall end (SIGINT, SIGTERM). */
  readonly signal: AbortSignal;
}

export interface Command {
  /** "cert new". */
  readonly name: string;
  /** What stands after the name in the help: "ADDRESS". */
  readonly parameters: string;
  /** One line. */
  readonly summary: string;
  /** More, for the command's own help. */
  readonly details?: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
  run(call: Call): Promise<Result<ExitCode>>;
}

/** A command that is not loaded yet. */
export interface CommandEntry {
  readonly name: string;
  load(): Promise<Command>;
}

/** The option that every command with a configuration has. */
export const configOption = {
  config: { value: "FILE", help: "configuration (default: $WAYBILL_CONFIG or /etc/waybill/waybill.toml)" },
} as const satisfies Record<string, OptionSpec>;

/** A mistake in how the command was called. */
export function misused(detail: string): Result<never> {
  return perm("cli/usage", detail);
}

/** The one positional a command takes, or a mistake that names it. */
export function onePositional(call: Call, name: string): Result<string> {
  const [first, ...more] = call.positionals;
  if (first === undefined) return misused(`expected ${name}`);
  return more.length > 0 ? misused(`expected one ${name}, got ${call.positionals.length}`) : { ok: true, value: first };
}
