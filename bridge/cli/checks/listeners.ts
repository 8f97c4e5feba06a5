// doctor: is the bridge running, and does everything listen where the configuration says?
import { statSync } from "node:fs";
import { connect } from "node:net";
import { isLoopback } from "../../dns/stub.ts";
import { formatEndpoint, type Endpoint } from "../../endpoint/endpoint.ts";
import { bad, careful, good, type Finding, type Patient } from "./finding.ts";

const timeoutMs = 2_000;

/** Whether somebody listens there; null, or the system's word on why not. */
export function reach(endpoint: Endpoint): Promise<string | null> {
  return new Promise((resolve) => {
    const { path, host, port } =
      endpoint.kind === "unix" ? { ...endpoint, host: "", port: 0 } : { ...endpoint, path: "" };
    const socket = endpoint.kind === "unix" ? connect(path) : connect({ host, port });
    const finish = (error: string | null): void => {
      socket.destroy();
      resolve(error);
    };
    socket.setTimeout(timeoutMs, () => finish("no answer"));
    socket.on("error", (error) => finish((error as NodeJS.ErrnoException).code ?? error.message));
    socket.on("connect", () => finish(null));
  });
}

function exposed(name: string, endpoint: Endpoint): readonly Finding[] {
  const open = endpoint.kind === "tcp" && endpoint.host !== "localhost" && !isLoopback(endpoint.host);
  if (!open) return [];
  return [
    careful(
      `${name} listens on ${formatEndpoint(endpoint)}, which others may reach; it trusts whoever connects`,
      "let it listen on loopback or a socket path, or let a firewall keep others out",
    ),
  ];
}

async function listening(name: string, endpoint: Endpoint): Promise<Finding> {
  const error = await reach(endpoint);
  const place = formatEndpoint(endpoint);
  if (error === null) return good(`${name} listens on ${place}`);
  const remedy =
    error === "EACCES"
      ? "run doctor as root or as waybill"
      : "systemctl start waybill, then journalctl -u waybill -n 50";
  return bad(`${name}: ${place}: ${error}`, remedy);
}

function stateFolder({ setup }: Patient): Finding {
  const { state } = setup.config;
  try {
    const { mode } = statSync(state);
    return (mode & 0o007) === 0
      ? good(`state in ${state}`)
      : careful(`${state} is open to everybody on this machine`, `chmod 750 ${state}`);
  } catch {
    return bad(`${state} is not there`, `mkdir -m 750 -p ${state} && chown waybill: ${state}`);
  }
}

/** State folder, sockets and ports. */
export async function checkListeners(patient: Patient): Promise<readonly Finding[]> {
  const { config } = patient.setup;
  const milters = config.milter.map(({ kind, pass, listen }) => {
    return { name: `milter (${kind}${pass === "single" ? "" : `, ${pass}`})`, listen };
  });
  const places = [
    ...milters,
    { name: "policy service", listen: config.policy_service.listen },
    { name: "http", listen: config.http.listen },
  ];
  const found = await Promise.all(places.map(({ name, listen }) => listening(name, listen)));
  const open = [...milters, { name: "policy service", listen: config.policy_service.listen }];
  return [stateFolder(patient), ...found, ...open.flatMap(({ name, listen }) => exposed(name, listen))];
}
