// A bridge of plain maps on a loopback port: what the extension sees of a real one, and a list of all it was asked.
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { formatBridgeKeys } from "../../../shared/hop/keys.ts";
import type { PublishedKey } from "../../../shared/hop/keys.ts";

export interface FakeBridgeOptions {
  /** `s` of its seals. */
  readonly domain: string;
  readonly keys: readonly PublishedKey[];
  readonly authserv: readonly string[];
  /** Chains by key id, DER, leaf first. */
  readonly certificates: Readonly<Record<string, readonly (readonly Uint8Array[])[]>>;
  /** From when on keys were revoked, Unix seconds. */
  readonly revokedFrom?: ReadonlyMap<string, number>;
  /** Puts the mail with the code into the mailbox. */
  deliver(address: string, raw: string): void;
  /** Further routes ("GET /demo/mails"): JSON, or octets as they are. */
  readonly routes?: Readonly<Record<string, () => unknown>>;
  /** Administrators need this bearer: other requests to /api/v1/admin/ get 401. */
  readonly adminToken?: string;
  /** Folder whose files stand at "/". */
  readonly files?: string;
}

export interface AskedRequest {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly token: string | null;
}

export interface FakeBridge {
  readonly url: string;
  /** Requests in order. */
  readonly asked: readonly AskedRequest[];
  /** Complaints by ref, as the bridge would hold them. */
  readonly complaints: ReadonlyMap<string, FakeComplaint>;
  /** From now on takes what is asked and never answers. */
  fallSilent(): void;
  /** Says that the sender's side has counted a complaint. */
  count(ref: string): void;
  stop(): Promise<void>;
}

interface FakeComplaint {
  readonly id: string;
  readonly code: string;
  readonly actual: string | null;
  readonly at: number;
  readonly undoUntil: number;
  readonly tellSender: boolean;
  readonly paired: boolean;
  readonly state: "pending" | "counted" | "local";
}

/** The bearer that every pairing gives. */
export const bearer = "dGVzdC1iZWFyZXItb2YtMjU2LWJpdHMtMDEyMzQ1Njc4OQ";
const undoSecret = "undo-secret";
const undoSeconds = 600;

interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** The policy that the real bridge serves its pages under. */
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'";

function sendFile(folder: string, path: string, response: ServerResponse): boolean {
  const file = join(folder, path === "/" ? "index.html" : path.slice(1));
  const type = types[extname(file)];
  if (type === undefined || path.includes("..") || !existsSync(file)) return false;
  response.writeHead(200, { "content-type": type, "content-security-policy": pagePolicy }).end(readFileSync(file));
  return true;
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text === "" ? null : (JSON.parse(text) as unknown);
}

function codeMail(address: string, pairing: string, code: string): string {
  return [
    "From: Waybill <waybill@example.net>",
    `To: ${address}`,
    "Subject: Connecting Waybill",
    `Date: ${new Date().toUTCString()}`,
    `Message-ID: <${pairing}@example.net>`,
    `Waybill-Pairing: ${pairing}; code=${code}`,
    "",
    "Your mail program reads the code by itself.",
    "",
  ].join("\r\n");
}

/** Starts it on a free port. */
export async function startFakeBridge(options: FakeBridgeOptions): Promise<FakeBridge> {
  const asked: AskedRequest[] = [];
  const complaints = new Map<string, FakeComplaint>();
  const codes = new Map<string, { readonly code: string; readonly address: string }>();
  const now = (): number => Math.floor(Date.now() / 1000);

  function answer({ method, path, body, token }: AskedRequest, origin: string): Answer {
    const given = (body ?? {}) as Readonly<Record<string, unknown>>;
    const [route, query = ""] = path.split("?");
    const name = route?.split("/").at(-1) ?? "";
    switch (`${method} ${route?.replace(/(pairings|certificates|complaints)\/[^/]+$/, "$1/*") ?? ""}`) {
      case "GET /.well-known/ipp": {
        const { domain, authserv } = options;
        const keys = formatBridgeKeys(options.keys);
        return { status: 200, body: { v: "IPP1", domain, authserv, api: `${origin}/api/v1/`, keys } };
      }
      case "POST /api/v1/pairings": {
        const [pairing, code, address] = [`p${codes.size + 1}`, "413027", String(given["address"])];
        codes.set(pairing, { code, address });
        options.deliver(address, codeMail(address, pairing, code));
        return { status: 202, body: { pairing, expiresAt: now() + 600 } };
      }
      case "POST /api/v1/pairings/*": {
        const started = codes.get(name);
        if (started === undefined || started.code !== given["code"]) return { status: 403, body: { code: "api/code" } };
        return { status: 200, body: { token: bearer, address: started.address } };
      }
      case "DELETE /api/v1/session":
        return { status: 204 };
      case "GET /api/v1/certificates/*": {
        const chains = options.certificates[name] ?? [];
        return {
          status: 200,
          body: {
            chains: chains.map((chain) => chain.map((der) => Buffer.from(der).toString("base64"))),
            revokedFrom: options.revokedFrom?.get(name) ?? null,
            withdrawnPaths: [],
          },
        };
      }
      case "POST /api/v1/complaints": {
        if (token !== null && token !== bearer) return { status: 401, body: { code: "api/unauthorized" } };
        const complaint: FakeComplaint = {
          id: `c${complaints.size + 1}`,
          code: String(given["code"]),
          actual: typeof given["actual"] === "string" ? given["actual"] : null,
          at: now(),
          undoUntil: now() + undoSeconds,
          tellSender: given["tellSender"] === true,
          paired: token === bearer,
          state: token === bearer ? "pending" : "local",
        };
        complaints.set(String(given["ref"]), complaint);
        const { id, undoUntil } = complaint;
        return { status: 201, body: { id, undo: undoSecret, undoUntil, reach: "sender" } };
      }
      case "DELETE /api/v1/complaints/*": {
        const ref = [...complaints].find(([, complaint]) => complaint.id === name)?.[0];
        if (ref === undefined || given["undo"] !== undoSecret)
          return { status: 404, body: { code: "api/no-complaint" } };
        complaints.delete(ref);
        return { status: 204 };
      }
      case "GET /api/v1/complaints": {
        const complaint = complaints.get(new URLSearchParams(query).get("ref") ?? "");
        if (token !== bearer) return { status: 401, body: { code: "api/unauthorized" } };
        if (complaint === undefined) return { status: 404, body: { code: "api/no-complaint" } };
        const { code, actual, at, undoUntil, state } = complaint;
        return { status: 200, body: { code, actual, at, undoUntil, state } };
      }
      default:
        return { status: 404, body: { code: "api/no-such-thing" } };
    }
  }

  let silent = false;
  const server = createServer((request, response) => {
    const work = async (): Promise<void> => {
      const token = request.headers.authorization?.replace(/^Bearer /, "") ?? null;
      const entry = { method: request.method ?? "", path: request.url ?? "", body: await readBody(request), token };
      asked.push(entry);
      if (silent) return;
      const [path = ""] = entry.path.split("?");
      if (options.files !== undefined && sendFile(options.files, path, response)) return;
      if (options.adminToken !== undefined && path.startsWith("/api/v1/admin/") && entry.token !== options.adminToken) {
        response.writeHead(401, { "content-type": "application/json" }).end('{"code":"api/unauthorized"}');
        return;
      }
      const extra = options.routes?.[`${entry.method} ${path}`]?.();
      if (extra instanceof Uint8Array) {
        response.writeHead(200, { "content-type": "message/rfc822" }).end(extra);
        return;
      }
      if (extra !== undefined) {
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(extra));
        return;
      }
      const { status, body } = answer(entry, `http://${request.headers.host ?? ""}`);
      response.writeHead(status, { "content-type": "application/json" });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    };
    work().catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    asked,
    complaints,
    fallSilent() {
      silent = true;
    },
    count(ref) {
      const complaint = complaints.get(ref);
      if (complaint !== undefined) complaints.set(ref, { ...complaint, state: "counted" });
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
