// What a Received field tells of TLS:
//   Postfix   (using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) …)
//   Exim      (TLS1.3) tls TLS_AES_256_GCM_SHA384, (TLS1.2:ECDHE_RSA_AES_256_GCM_SHA384:256), (Cipher TLSv1:DES-CBC3-SHA:168)
//   Sendmail, Gmail, Exchange  (version=TLS1_3, cipher=TLS_AES_256_GCM_SHA384 bits=256/256)
//   qmail     (ECDHE-RSA-AES128-GCM-SHA256 encrypted)       Courier   (TLS: TLSv1.3,256bits,TLS_AES_256_GCM_SHA384)
import { ianaCipherName } from "../tls/ciphers.ts";
import { tlsVersion } from "../tls/versions.ts";
import type { Received } from "./types.ts";

type ReceivedTls = NonNullable<Received["tls"]>;

/** More than any server writes in one comment; what is behind is not looked at. */
const maxWords = 48;

/** Suites that no table has, GnuTLS' "ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM": capitals, and a known cipher within. */
function isCipherName(word: string): boolean {
  if (word.length > 80) return false;
  if (ianaCipherName(word) !== null) return true;
  return (
    /^[A-Z0-9]+(?:[_-]+[A-Z0-9]+)+$/.test(word) && /(?:AES|CHACHA20|CAMELLIA|ARIA|3DES|DES_|DES-|RC4|NULL)/.test(word)
  );
}

function bitsNumber(word: string | undefined): number | null {
  const bits = /^\d{2,3}$/.test(word ?? "") ? Number(word) : 0;
  return bits >= 40 && bits <= 512 ? bits : null;
}

/** "bits=256/256", "(256/256 bits)", "168bits", or the number behind the suite. */
function bitsOf(words: readonly string[], cipherAt: number): number | null {
  const at = words.findIndex((word) => /^bits$/i.test(word));
  const glued = words.map((word) => /^(\d{2,3})bits$/i.exec(word)?.[1]).find((bits) => bits !== undefined);
  const besideWord = at === -1 ? null : (bitsNumber(words[at + 1]) ?? bitsNumber(words[at - 1]));
  return bitsNumber(glued) ?? besideWord ?? (cipherAt === -1 ? null : bitsNumber(words[cipherAt + 1]));
}

function readOne(text: string): ReceivedTls | null {
  const words = text.split(/[\s,;:=()/]+/, maxWords);
  const version = words.map(tlsVersion).find((found) => found !== null) ?? null;
  const cipherAt = words.findIndex(isCipherName);
  if (version === null && cipherAt === -1) return null;
  return { version, cipher: words[cipherAt] ?? null, bits: bitsOf(words, cipherAt) };
}

/** What the texts tell together: the first version, and the first suite with its bits. */
export function readTls(texts: readonly string[]): ReceivedTls | null {
  const told = texts.map(readOne).filter((found) => found !== null);
  if (told.length === 0) return null;
  const suite = told.find(({ cipher }) => cipher !== null);
  return {
    version: told.find(({ version }) => version !== null)?.version ?? null,
    cipher: suite?.cipher ?? null,
    bits: (suite ?? told[0])?.bits ?? null,
  };
}
