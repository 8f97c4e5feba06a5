// `waybill postfix`: prints the exact main.cf and master.cf lines for this configuration.
import { ok, type Result } from "../../shared/result.ts";
import { configOption, type Call, type Command, type ExitCode } from "./command.ts";
import { formatService, mainParameters, masterServices } from "./postfix-lines.ts";
import { listOf, postconf } from "./postconf.ts";
import { setupOf } from "./setup.ts";

/** The value to print: a list that has other items keeps them behind ours. */
function merged(value: string, match: string, before: string | undefined): string {
  if (match !== "first" || before === undefined || before === "") return value;
  return before.includes(value) ? before : `${value}, ${before}`;
}

async function runPostfix(call: Call): Promise<Result<ExitCode>> {
  const setup = setupOf(call);
  if (!setup.ok) return setup;
  const { config } = setup.value;
  const names = mainParameters(config, []).map(({ name }) => name);
  const current = await postconf(call.value("postfix-config")).parameters(names);
  const existing = listOf(current?.get("smtpd_milters"));
  const parameters = mainParameters(config, existing);
  const { out } = call.terminal;
  const line = (name: string, value: string, because: string): string =>
    call.has("commands") ? `postconf -e '${name} = ${value}'\n` : `# ${because}\n${name} = ${value}\n`;
  out(`# ${call.has("commands") ? "main.cf, as commands" : "main.cf"}, for ${setup.value.path}\n`);
  for (const { name, value, because, match } of parameters) {
    out(line(name, merged(value, match, current?.get(name)), because));
  }
  out("\n# master.cf: services with these options; chroot (fifth column) is n, as the sockets are outside a chroot\n");
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
