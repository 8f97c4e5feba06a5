// What a mail's header is read by: splitting, addresses, tag lists, canonical forms, Received, Authentication-Results.
import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { formatAuthenticationResults } from "../../../shared/authres/format.ts";
import { parseAuthenticationResults } from "../../../shared/authres/parse.ts";
import { parseFeedbackAddress, parseFeedbackId } from "../../../shared/cfbl/parse.ts";
import { feedbackLoop } from "../../../shared/cfbl/loop.ts";
import { decodeDkimQuoted, encodeDkimQuoted } from "../../../shared/encoding/dkim-quoted.ts";
import { parseAddress, parseMailboxes, parseSingleMailbox } from "../../../shared/header/address.ts";
import { BodyForm } from "../../../shared/header/body-form.ts";
import { BodyRelaxer, relaxBody, relaxedField, relaxHeader } from "../../../shared/header/canonical.ts";
import { splitHeader, splitMessage } from "../../../shared/header/split.ts";
import { formatTagList, readTagList, withoutSignature } from "../../../shared/header/taglist.ts";
import { indexFields } from "../../../shared/ipp/signed-data.ts";
import { fromDomains } from "../../../shared/ipp/from-domains.ts";
import { parseMailDate } from "../../../shared/received/date.ts";
import { parseIpAddress } from "../../../shared/received/ip.ts";
import { parseReceived } from "../../../shared/received/parse.ts";
import { makeMail, must, rawMail } from "../../fakes/mail.ts";
import { byteString, holds, octetsOf, same, type Target } from "../target.ts";

const mail = rawMail(makeMail({ more: [["List-Id", "<a.example.org>"]] }));

/** A body relaxed in pieces whose sizes its own octets choose. */
function relaxedInPieces(body: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = [];
  const relaxer = new BodyRelaxer((piece) => void pieces.push(piece.slice()));
  for (let at = 0; at < body.length;) {
    const end = at + 1 + ((body[at] ?? 0) % 7) * 3;
    relaxer.update(body.subarray(at, end));
    at = end;
  }
  relaxer.end();
  return new Uint8Array(Buffer.concat(pieces));
}

/** RFC 6376 section 3.4.4 by its words; a CR that ends no line is an ordinary octet, a bare LF ends one. */
function relaxedByTheWords(body: Uint8Array): string {
  const lines = byteString(body)
    .split(/\r?\n/)
    .map((line) => line.replaceAll(/[ \t]+/g, " ").replace(/ $/, ""));
  while (lines.at(-1) === "") lines.pop();
  return lines.map((line) => `${line}\r\n`).join("");
}

function formOf(body: Uint8Array, step: number): boolean {
  const form = new BodyForm();
  for (let at = 0; at < body.length; at += step) form.update(body.subarray(at, at + step));
  return form.sevenBit;
}

const bodies = fc
  .array(fc.constantFrom("\r\n", "\n", "\r", " ", "\t", "  ", "a", "bc", "x".repeat(700), "\u00e9"), { maxLength: 40 })
  .map((parts) => octetsOf(parts.join("")));

export const headerTargets: readonly Target[] = [
  {
    name: "header/split",
    seeds: [mail, "From x\nA: b\n\tc\n\nbody", "A :b\r\n\r\n", "\r\n"],
    run(input) {
      const message = splitMessage(input);
      const whole = splitHeader(byteString(input));
      if (whole.ok) for (const { name } of whole.value) holds(/^[!-9;-~]+$/.test(name), "a name is printable ASCII");
      if (!message.ok) return;
      const { fields, body } = message.value;
      const again = splitMessage(rawMail({ fields, body }));
      // A first line "From " is the mbox's; a field can't begin so.
      holds(again.ok && same(again.value.fields, fields), "written again, the same fields");
      holds(Buffer.from(again.value.body).equals(Buffer.from(body)), "written again, the same body");
      fromDomains(fields, indexFields(fields));
    },
  },
  {
    name: "header/body",
    seeds: ["a  b \r\n\r\nc\t\r\n\r\n\r\n", "\r\n\r\n", "x\ry\n", `${"word ".repeat(300)}\r\n`],
    structured: bodies,
    run(input) {
      const whole = Buffer.from(must(relaxBody(input)));
      holds(whole.equals(Buffer.from(relaxedInPieces(input))), "whole and in pieces the same");
      holds(whole.toString("latin1") === relaxedByTheWords(input), "as the RFC's words");
      holds(Buffer.from(must(relaxBody(whole))).equals(whole), "relaxed again, the same");
      holds(createHash("sha256").update(whole).digest().length === 32, "hashed");
      const forms = [1, 3, 4_096].map((step) => formOf(input, step));
      holds(new Set(forms).size === 1, "its form does not depend on how it is cut");
    },
  },
  {
    name: "header/relax",
    seeds: ["Subject: a  b\r\n\tc ", "A : \r\n b", "x:"],
    run(input) {
      const text = byteString(input);
      const relaxed = relaxHeader(text);
      if (!relaxed.ok) return;
      const colon = relaxed.value.indexOf(":");
      const [name, value] = [relaxed.value.slice(0, colon), relaxed.value.slice(colon + 1)];
      holds(relaxedField(name, value) === relaxed.value, "relaxed again, the same");
      const words = text
        .slice(text.indexOf(":") + 1)
        .replaceAll(/\r?\n/g, "")
        .replaceAll(/[ \t]+/g, " ")
        .replaceAll(/^ | $/g, "");
      // Only a header's own lines come here; CR alone is an octet.
      if (!/\n(?![ \t])/.test(text)) holds(value === words, "as the RFC's words");
    },
  },
  {
    name: "header/address",
    seeds: [
      "Alice <alice@example.org>, bob@example.net",
      '"a\\"b c"@x.example (comment (nested)), <@r:u@h.example>',
      "group: a@b.example, c@d.example;",
      "\u00fcser@b\u00fccher.example",
      "a@[192.0.2.1]",
    ],
    words: ["xn--", "@", "<", ">", '"', "(", ")", "\\", ":;", "=?utf-8?q?a?="],
    run(input) {
      const text = byteString(input);
      const many = parseMailboxes(text);
      const one = parseSingleMailbox(text);
      parseAddress(text);
      if (one.ok) holds(many.ok && many.value.length === 1 && same(many.value[0], one.value), "one is one of many");
      for (const mailbox of many.ok ? many.value : []) {
        const again = parseAddress(mailbox.address);
        holds(again.ok && again.value.address === mailbox.address, "an address reads as itself");
        holds(again.value.localPart === mailbox.localPart, "and means itself");
      }
    },
  },
  {
    name: "header/taglist",
    seeds: ["v=1; a=b c;\r\n b=AAAA", "v=1;;", "a=1;a=2", " v = IPP1 ; t=url"],
    run(input) {
      const text = byteString(input);
      const list = readTagList(text);
      if (!list.ok) return;
      holds(withoutSignature(text, list.value).length <= text.length, "a signature taken out makes it no longer");
      const again = readTagList(formatTagList([...list.value.tags], { fold: [], nameCharacters: 3 }));
      // Values are written as they stand: what is in them already may pass a cap once folded.
      if (again.ok) holds(same([...again.value.tags], [...list.value.tags]), "written again, the same tags");
      else holds(again.code === "taglist/too-long", "written again, still a list");
    },
  },
  {
    name: "encoding/dkim-quoted",
    seeds: ["a=20b=3D", "=C3=A9", "a b"],
    run(input) {
      const text = byteString(input);
      const decoded = decodeDkimQuoted(text);
      if (decoded !== null) holds(decodeDkimQuoted(encodeDkimQuoted(decoded)) === decoded, "written again, the same");
      const written = encodeDkimQuoted(text, ",:/");
      holds(/^[!-~]*$/.test(written) && !/[;,:/]/.test(written), "nothing gets out of its tag");
      holds(decodeDkimQuoted(written) === text, "any text can be written");
    },
  },
  {
    name: "authres/parse",
    seeds: [
      "mx.example.net; dkim=pass (2048-bit) header.d=example.org header.b=AbCd; spf=fail smtp.mailfrom=a@b",
      "mx.example.net 1; none",
      '"mx" (c) /1; dmarc/1=pass reason="a \\" b" policy.x=1',
    ],
    run(input) {
      const read = parseAuthenticationResults(byteString(input));
      if (!read.ok) return;
      const again = parseAuthenticationResults(formatAuthenticationResults(read.value));
      const texts = read.value.results.flatMap(({ reason, properties }) => [
        reason ?? "",
        ...properties.map(({ value }) => value),
      ]);
      // Controls, which no quoted string may hold, are written as "?".
      const printable = [read.value.authservId, ...texts].every((text) => !/[\u0000-\u001f\u007f]/.test(text));
      if (printable) holds(again.ok && same(again.value, read.value), "written again, the same");
      else holds(again.ok, "written again, it reads");
    },
  },
  {
    name: "received/parse",
    seeds: [
      "from a.example (b.example [192.0.2.1]) (using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)) by mx (Postfix) with ESMTPS id 1 for <x@y>; Sat, 22 Nov 2025 22:20:00 +0000",
      "from [IPv6:2001:db8::1] by x with HTTP; 22 Nov 25 22:20 EST",
      "(qmail 1 invoked by uid 0); 1 Jan 2020 00:00:00 -0000",
    ],
    run(input) {
      const text = byteString(input);
      const read = parseReceived(text);
      parseMailDate(text);
      const address = parseIpAddress(text);
      if (address !== null) holds(parseIpAddress(address) === address, "an address reads as itself");
      if (!read.ok) return;
      const ip = read.value.from?.ip ?? null;
      if (ip !== null) holds(parseIpAddress(ip) === ip, "what is called an address is one");
      holds(read.value.date === null || Number.isSafeInteger(read.value.date), "a time is a number");
    },
  },
  {
    name: "cfbl/loop",
    seeds: [
      "CFBL-Address: fbl@example.org; report=arf\nDKIM-Signature: v=1; d=example.org; h=cfbl-address:from; b=AbCdEfGhIj\nAuthentication-Results: mx; dkim=pass header.d=example.org header.b=AbCdEfGh\n",
      "CFBL-Feedback-ID: a.b\nCFBL-Address: <a@b.example>\n",
    ],
    run(input) {
      const text = byteString(input);
      parseFeedbackAddress(text);
      parseFeedbackId(text);
      const fields = splitHeader(text);
      if (!fields.ok) return;
      const loop = feedbackLoop(fields.value, "mx", "example.org");
      if (loop === null) return;
      holds(
        fields.value.some(({ name }) => name.toLowerCase() === "authentication-results"),
        "only by our own results",
      );
      holds(parseAddress(loop.address).ok, "a loop leads to an address");
    },
  },
];
