// What the fuzzer has found, one case each: replayed before anything new is tried.

/** An input that once did what must never be. */
export interface OldFinding {
  readonly target: string;
  /** What was wrong. */
  readonly name: string;
  /** Byte string. */
  readonly input: string;
}

export const oldFindings: readonly OldFinding[] = [
  {
    target: "header/address",
    name: "a bracket inside a domain literal: the address did not read as itself",
    input: "}a@[[\\\\];a@[1a@,[19]",
  },
  {
    target: "header/address",
    name: "a domain literal longer than any address",
    input: `a@[${"1.2".repeat(500)}]`,
  },
  {
    target: "dns/answer",
    name: "54,330 records counted in 65 octets, and all of them made",
    input:
      "\u0000\u0001\u0080 \u0000\u0001\u00d4:\u0000\u0000\u0000\u0000\u0004_ipp\u0007example\u0003org\u0000\u0000\u0010\u0000\u0001\u0004_ipp\u0007example\u0003org\u0000\u0000\u0010v=;\u0006 \u0000\u0002\u0000\u0000\u0000\u0000",
  },
  {
    target: "httpsig/structured",
    name: "-0, which is written as 0 and was not the same then",
    input: "a=();d=-0",
  },
  {
    target: "ipp/signature",
    name: "rd without rh was not written again",
    input:
      " v=1; a=ecdsa-p256-sha256; d=example.org; i=ale@example.org;\r\n ks=GBoguKGXw2uBQQ_MZxtUAkn10pLST1F6G_4aCXWpkv8; t=1763850000; x=1764454800;\r\n h=from:from:sender:to:to:cc:reply-to:subject:subject:date:date:\r\n message-id:message-id:mime-version:mimype:\r\n content-type:content-transfer-encoding:content-trapp-purpose:ipp-purpose; bh=+8cRaKzcsRpM6KL6mezreZOSiZ/HRN/dZkMMLWj94LM=;\r\n rK=PtL0lEAStc5BKRnVhYp7bb; rd=NdI0r3awcU1yl6Q-Z_6Y7_;\r\n tok=AQf2dT6v1vXk8Q4rNqJdUCysAPxl1LPLue9MD-ba;\r\n b=1FOyeXu0x449jFGNwgfrmvLjpdxLBgqPMzG/chp3KC1rkbbixO4L7ULx+63L4AWuaeGc9m\r\n MUl/+ieUdHR+rfgA==",
  },
  {
    target: "milter/protocol",
    name: "macros of a field before the negotiation: passed over, where the model had the connection end",
    input: "\u00e8\n \u0000,\u00e8\n ,\u00e8\n H",
  },
];
