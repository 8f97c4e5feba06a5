// PEM: strict enough that no two readers disagree.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatPem, parsePem } from "../../../shared/x509/pem.ts";
import { stopwatch } from "./stopwatch.ts";

const block = formatPem(Uint8Array.of(0x30, 0x00));

describe("parsePem", () => {
  test.each<[string, string, number | null]>([
    ["one block", block, 1],
    ["two blocks and text around them", `subject=x\n${block}\n${block}end\n`, 2],
    ["CRLF", block.replaceAll("\n", "\r\n"), 1],
    ["another label is passed over", block.replaceAll("CERTIFICATE", "PRIVATE KEY") + block, 1],
    ["nothing", "", 0],
    ["text without a block", "hello", 0],
    ["cut off", block.slice(0, -10), null],
    ["no end at all", "-----BEGIN CERTIFICATE-----\nMAA=\n", null],
    ["begins as one and ends as another", block.replace("END CERTIFICATE", "END X509 CRL"), null],
    ["no base64", block.replace("MAA=", "M!A="), null],
    ["stray bits", block.replace("MAA=", "MAB="), null],
    ["no padding", block.replace("MAA=", "MAA"), null],
    ["empty", block.replace("MAA=\n", ""), null],
    ["headers inside (RFC 1421)", block.replace("MAA=", "Proc-Type: 4,ENCRYPTED\n\nMAA="), null],
  ])("%s", (_name, text, want) => {
    const result = parsePem(text);
    expect(result.ok ? result.value.length : null).toBe(want);
  });

  test("what is written is read", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 })), (blocks) => {
        const text = blocks.map((der) => formatPem(der, "X509 CRL")).join("");
        expect(parsePem(text, "X509 CRL")).toEqual({ ok: true, value: blocks });
      }),
    );
  });

  test("nothing throws, and many dashes cost nothing", () => {
    fc.assert(fc.property(fc.string(), (text) => void parsePem(`-----BEGIN CERTIFICATE-----${text}`)));
    const took = stopwatch();
    parsePem("-----BEGIN CERTIFICATE-----".repeat(20_000));
    parsePem(`-----BEGIN ${"A ".repeat(500_000)}`);
    expect(took()).toBeLessThan(1_000);
  });
});
