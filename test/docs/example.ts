// The worked example of docs/protocol.md: one mail from alice@example.org to bob@example.net, declared, sealed, and all that
// is needed to verify both. Deterministic: fixed keys, times and nonce. Declared by Ed25519, sealed by P-256.
import { createHash } from "node:crypto";
import { stringFromBytes } from "../../shared/encoding/bytes.ts";
import { relaxedField } from "../../shared/header/canonical.ts";
import type { HeaderField } from "../../shared/header/field.ts";
import { readTagList, withoutSignature } from "../../shared/header/taglist.ts";
import { formatBridgeKeys, type BridgeJwk } from "../../shared/hop/keys.ts";
import { indexSealed, sealedData } from "../../shared/hop/sealed-data.ts";
import { sealHop } from "../../shared/hop/seal.ts";
import { indexFields, signedData } from "../../shared/ipp/signed-data.ts";
import { parseSignature } from "../../shared/ipp/signature.ts";
import type { TokenKey } from "../../shared/ipp/token.ts";
import { makeMail, makeSignal, must, rawMail, signMail, testTime, withFields } from "../fakes/mail.ts";
import { ed25519Key, p256Key } from "./example-keys.ts";

/** Alice's certificate, self-signed, valid 17 November 2025 to 17 November 2027. Its serial number was random once. */
const alicePem = `-----BEGIN CERTIFICATE-----
MIIBgzCCATWgAwIBAgIQASKyFUksoF3vPdJzr//JeDAFBgMrZXAwGDEWMBQGA1UE
AxMNQWxpY2UgRXhhbXBsZTAeFw0yNTExMTcwMDAwMDBaFw0yNzExMTcwMDAwMDBa
MBgxFjAUBgNVBAMTDUFsaWNlIEV4YW1wbGUwKjAFBgMrZXADIQD7u7F77RdTUJD6
VSLNrgMBKPkyDNXyh1Q4AAMB314NNaOBlDCBkTAMBgNVHRMBAf8EAjAAMA4GA1Ud
DwEB/wQEAwIHgDATBgNVHSUEDDAKBggrBgEFBQcDBDAcBgNVHREEFTATgRFhbGlj
ZUBleGFtcGxlLm9yZzAdBgNVHQ4EFgQUtR7BCWugcRi7YDW6Wm95P+Ev4VgwHwYD
VR0jBBgwFoAUtR7BCWugcRi7YDW6Wm95P+Ev4VgwBQYDK2VwA0EAxZO3P5CUUU1C
Uu/SrRnzTCCkswWBFWsVTR+DpWqXK8SY0EYrDJ1h48AGkATmu/rPK6IK4LFEb556
AcdnXV/8AQ==
-----END CERTIFICATE-----
`;

/** The example. Texts are byte strings with CRLF where they are mail, with LF where they are files. */
export interface Example {
  /** The mail as it lies in Bob's mailbox. */
  readonly raw: string;
  /** Its envelope recipient, and a time at which it verifies (Unix seconds). */
  readonly recipient: string;
  readonly now: number;
  /** DNS and https as `waybill verify --dns` reads them. */
  readonly zone: {
    readonly names: Readonly<Record<string, { readonly txt: readonly string[]; readonly dnssec: "secure" }>>;
    readonly documents: Readonly<Record<string, string>>;
  };
  /** Alice's certificate, PEM. */
  readonly certificate: string;
  /** The keys of example.net's bridge. */
  readonly keys: readonly BridgeJwk[];
  /** The sender's token key. */
  readonly tokenKey: TokenKey;
  /** What the declaration's signature covers, octet by octet, and the signature. */
  readonly signed: { readonly data: string; readonly signature: Uint8Array; readonly spki: Uint8Array };
  /** What the seal covers, octet by octet, and the seal. */
  readonly sealed: { readonly data: string; readonly signature: Uint8Array; readonly spki: Uint8Array };
}

/** A field's value with its `b` empty, and what `b` was. */
function opened(value: string): { readonly value: string; readonly signature: Uint8Array } {
  const list = must(readTagList(value));
  return { value: withoutSignature(value, list), signature: Buffer.from(list.tags.get("b") ?? "", "base64") };
}

/** Makes the example. Every call gives the same. */
export async function makeExample(): Promise<Example> {
  const alice = ed25519Key("waybill example: alice's key");
  const bridge = p256Key("waybill example: example.net's seal key");
  const tokenKey: TokenKey = {
    id: 1,
    secret: new Uint8Array(createHash("sha256").update("waybill example: token key").digest()),
  };
  const nonce = new Uint8Array(createHash("sha256").update("waybill example: nonce").digest().subarray(0, 12));
  const mail = makeMail({ body: "Dear Bob,\r\n\r\nplease find 12.50 EUR to pay.\r\n\r\nAlice\r\n" });
  const declared = await signMail(mail, { signer: alice }, { tokenKey, nonce });
  const [signatureField] = declared.fields;
  const results =
    "mx1.example.net; x-tls=pass smtp.version=TLSv1.3\r\n smtp.cipher=TLS_AES_256_GCM_SHA384 smtp.bits=256";
  const seen = withFields(declared, { name: "Authentication-Results", value: ` ${results}` });
  const signal = makeSignal(seen, bridge, { ref: "4f1c2d3e", trust: "domain" });
  const hop: HeaderField = {
    name: "Hop-Signal",
    value: await sealHop({ signal, fields: seen.fields, signer: bridge }),
  };
  const own = opened(signatureField?.value ?? "");
  const names = must(parseSignature(signatureField?.value ?? "")).signedFields;
  const seal = opened(hop.value);
  const key = {
    keyId: bridge.keyId,
    spki: bridge.spki,
    notBefore: testTime - 86_400,
    notAfter: testTime + 90 * 86_400,
  };
  return {
    raw: stringFromBytes(rawMail(withFields(seen, hop))),
    recipient: "bob@example.net",
    now: testTime + 60,
    zone: {
      names: {
        "_ipp.example.org": {
          txt: [`v=IPP1; t=url; url=https://mail.example.org/ipp/{d}/; ca=sha256:${alice.keyId}`],
          dnssec: "secure",
        },
      },
      documents: { [`https://mail.example.org/ipp/example.org/alice.pub?ks=${alice.keyId}`]: alicePem },
    },
    certificate: alicePem,
    keys: formatBridgeKeys([{ ...key, revoked: false, endorsement: null }]),
    tokenKey,
    signed: {
      data: signedData(declared.fields, indexFields(declared.fields), names, relaxedField("ipp-signature", own.value)),
      signature: own.signature,
      spki: alice.spki,
    },
    sealed: {
      data: sealedData(indexSealed(seen.fields), -1, signal.by, seal.value),
      signature: seal.signature,
      spki: bridge.spki,
    },
  };
}
