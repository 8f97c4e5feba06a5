// Joins what the MTA tells two services about one SMTP connection: Postfix gives certificate fingerprints to its policy
// service only, and TLS names to milters only. In one process both meet here, by the connection's two ends.
import type { ClientCertificateState } from "../../shared/hop/types.ts";
import { limits } from "../../shared/limits.ts";
import type { Clock } from "./ports.ts";

/** The two ends of one SMTP connection, as both services are told. */
export interface SmtpConnection {
  readonly clientAddress: string;
  readonly clientPort: number;
  readonly serverAddress: string;
  readonly serverPort: number;
}

/** The certificate the SMTP client showed. */
export interface ClientCertificate {
  readonly state: ClientCertificateState;
  /** SHA-256 of certificate and of SubjectPublicKeyInfo, base64url. */
  readonly fingerprint: string | null;
  readonly keyFingerprint: string | null;
}

/** An address without the tag of RFC 5321 section 4.1.3: milters write "IPv6:2001:DB8::1", policy requests "2001:db8::1". */
export function untaggedAddress(address: string): string {
  return address.replace(/^IPv6:/i, "").toLowerCase();
}

function keyOf(connection: SmtpConnection): string {
  const { clientAddress, clientPort, serverAddress, serverPort } = connection;
  return `${untaggedAddress(clientAddress)} ${clientPort} ${untaggedAddress(serverAddress)} ${serverPort}`;
}

/** Facts by connection, bounded in number and age. A later fact replaces an earlier one: ports are used again. */
export class ClientFacts {
  readonly #clock: Clock;
  readonly #entries: number;
  /** In order of age, since a repeated key is put at the end. */
  readonly #facts = new Map<string, { at: number; certificate: ClientCertificate | null }>();

  constructor(clock: Clock, entries: number = limits.clientFacts) {
    this.#clock = clock;
    this.#entries = entries;
  }

  /** Keeps what the policy service was told. null: the connection has no TLS. */
  remember(connection: SmtpConnection, certificate: ClientCertificate | null): void {
    const key = keyOf(connection);
    const now = this.#clock.now();
    this.#facts.delete(key);
    this.#facts.set(key, { at: now, certificate });
    for (const [oldest, { at }] of this.#facts) {
      if (this.#facts.size <= this.#entries && at > now - limits.clientFactSeconds) break;
      this.#facts.delete(oldest);
    }
  }

  /** What is known of the connection's certificate; null: nothing. */
  find(connection: SmtpConnection): ClientCertificate | null {
    const fact = this.#facts.get(keyOf(connection));
    if (fact === undefined || fact.at <= this.#clock.now() - limits.clientFactSeconds) return null;
    return fact.certificate;
  }
}
