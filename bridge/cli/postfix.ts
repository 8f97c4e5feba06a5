// `waybill postfix`: prints the exact main.cf and master.cf lines for this configuration.
import { ok, type Result } from "../../shared/result.ts";
import type { Config } from "../config.ts";
import { configOption, type Call, type Command, type ExitCode } from "./command.ts";
import { formatService, holds, mainParameters, masterServices, type Parameter } from "./postfix-lines.ts";
import { instanceOption, listOf, postconf } from "./postconf.ts";
import { namedFromQueue, respelled } from "./queue-places.ts";
import { setupOf } from "./setup.ts";

/** The value to print: a list that has other items keeps them behind ours. */
function merged(parameter: Parameter, before: string | undefined, config: Config): string {
  const { match, value } = parameter;
  if (match !== "first" || before === undefined || before === "") return value;
  return holds(parameter, before, config.on_failure) ? before : `${value}, ${before}`;
}

async function runPostfix(call: Call): Promise<Result<ExitCode>> {
  const setup = setupOf(call);
  if (!setup.ok) return setup;
  const names = mainParameters(setup.value.config, []).map(({ name }) => name);
  const folder = call.value("postfix-config");
  const current = await postconf(folder).parameters([...names, "queue_directory"]);
  const queue = current?.get("queue_directory");
  const config = namedFromQueue(setup.value.config, queue);
  const existing = listOf(respelled(current?.get("smtpd_milters") ?? "", config, queue));
  const parameters = mainParameters(config, existing);
  const { out } = call.terminal;
  const line = (name: string, value: string, because: string): string =>
    call.has("commands")
      ? `postconf ${instanceOption(folder)}-e '${name} = ${value}'\n`
      : `# ${because}\n${name} = ${value}\n`;
  out(`# ${call.has("commands") ? "main.cf, as commands" : "main.cf"}, for ${setup.value.path}\n`);
  for (const parameter of parameters) {
    const { name, because } = parameter;
    out(line(name, merged(parameter, current?.get(name), config), because));
  }
  out(
    "\n# master.cf: services with these options; chroot (fifth column) is n: only sockets below queue_directory allow y\n",
  );
  for (const service of masterServices(config, existing)) out(formatService(service));
  out("\n# Postfix has to reach the sockets: usermod -aG waybill postfix && systemctl restart postfix\n");
  if (current === null) {
    call.terminal.say(
      'No Postfix here to ask: what it has in "smtpd_milters" and the restrictions has to be kept by hand.\n',
    );
  }
  return ok(0);
}

/** `waybill postfix`. */
export const postfixCommand: Command = {
  name: "postfix",
  parameters: "",
  summary: "Print the main.cf and master.cf lines for this configuration",
  options: {
    ...configOption,
    commands: { value: null, help: "main.cf as postconf commands" },
    "postfix-config": { value: "DIR", help: "another Postfix configuration folder" },
  },
  run: runPostfix,
};
