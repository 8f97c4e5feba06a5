// The resolver both bridges ask: the two organisations' names, signed, and nothing else. It dies and comes back on its port.
import * as packet from "dns-packet";
import { answerTo, startDnsServer } from "../bridge/dns/server.ts";

/** Short, so that a dead resolver is noticed. */
const ttl = 2;

/** A resolver on loopback. */
export class Names {
  readonly texts = new Map<string, string>();
  readonly hosts = new Set<string>();
  #server: Awaited<ReturnType<typeof startDnsServer>> | null = null;
  #port = 0;

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    this.#server = await startDnsServer((asked) => {
      const name = asked.name.toLowerCase();
      const text = this.texts.get(name);
      const answers: packet.Answer[] = [];
      if (asked.type === "TXT" && text !== undefined) answers.push({ name, type: "TXT", ttl, data: text });
      if (asked.type === "A" && this.hosts.has(name)) answers.push({ name, type: "A", ttl, data: "127.0.0.1" });
      return [answerTo(asked, { flags: packet.AUTHENTIC_DATA, answers })];
    }, this.#port);
    this.#port = this.#server.port;
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
    this.#server = null;
  }
}
