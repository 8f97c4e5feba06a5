// pkijs' chain engine in a thread of its own: some chains it never finishes.
import { parentPort } from "node:worker_threads";
import { Certificate, CertificateChainValidationEngine, CryptoEngine, setEngine } from "pkijs";
import { now } from "./issue.ts";

/** What the thread is asked. */
export interface PkijsQuestion {
  readonly leaf: Uint8Array;
  readonly intermediates: readonly Uint8Array[];
  readonly anchors: readonly Uint8Array[];
}

async function verify({ leaf, intermediates, anchors }: PkijsQuestion): Promise<string | null> {
  const certificate = (der: Uint8Array): Certificate => Certificate.fromBER(Uint8Array.from(der).buffer);
  try {
    const engine = new CertificateChainValidationEngine({
      trustedCerts: anchors.map(certificate),
      certs: [...intermediates.map(certificate), certificate(leaf)],
      checkDate: new Date(now * 1000),
    });
    const { result, resultMessage } = await engine.verify();
    return result ? null : resultMessage;
  } catch (error) {
    return `threw ${String(error)}`;
  }
}

setEngine("platform", new CryptoEngine({ name: "platform", crypto: globalThis.crypto }));
parentPort?.on("message", (question: PkijsQuestion) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  void verify(question).then((answer) => parentPort?.postMessage(answer));
});
