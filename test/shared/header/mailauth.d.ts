// What the differential tests use of mailauth's inside, which has no types of its own.
declare module "mailauth/lib/dkim/body/relaxed.js" {
  export class RelaxedHash {
    constructor(algorithm: string);
    update(chunk: Uint8Array, final: boolean): void;
    digest(encoding: "base64"): string;
  }
}
declare module "mailauth/lib/tools.js" {
  export function formatRelaxedLine(line: Uint8Array): Uint8Array & { toString(encoding: "latin1"): string };
}
