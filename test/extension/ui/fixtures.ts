// Hand-made verdicts for looking at the panel and for testing it without judging a mail. Their words stand in the key
// "raw" instead of _locales: fixtures must not depend on what a real verdict says.
import type { Level, Phrase, Row, Verdict, WayStep } from "../../../shared/verdict/types.ts";
import type { AccountView } from "../../../extension/ui/account.ts";
import type { ComplaintState, ReportedComplaint } from "../../../extension/ui/complaint.ts";

/** A phrase whose words are given here. */
export function raw(text: string): Phrase {
  return { key: "raw", values: { text } };
}

function row(label: string, value: string, style: Row["style"] = "text"): Row {
  return { label: raw(label), value: raw(value), style };
}

function step(seen: boolean, text: string, ...details: string[]): WayStep {
  return { text: raw(text), details: details.map(raw), seen };
}

const closed = { gist: raw("nothing"), rows: [] as readonly Row[], open: false };

function verdict(level: Level, sentence: string, over: Partial<Verdict>): Verdict {
  return {
    level,
    reason: "pass",
    sentence: raw(sentence),
    declared: null,
    signer: null,
    advice: null,
    says: closed,
    way: { gist: raw("nothing"), steps: [], open: false },
    checks: closed,
    complaint: { reach: "provider", namesReader: false, boundRecipients: 0, ref: null, unsubscribe: null },
    hop: null,
    ...over,
  };
}

const mx = step(
  true,
  "mx1.example.net took it from mail.bank.example",
  "TLS 1.3",
  "AES-256-GCM",
  "client certificate verified",
);

/** What a mail's author would like to be more than text. */
const markup = '<img src=x onerror="globalThis.broken = 1"><script>globalThis.broken = 1</script>\u202e\u200b';

/** The same value with markup behind every text in it. */
export function withMarkup<T>(value: T): T {
  const changed: unknown = JSON.parse(JSON.stringify(value), (name, one: unknown) =>
    name === "text" && typeof one === "string" ? `${one}${markup}` : one,
  );
  return changed as T;
}

export const fixtures = {
  holds: verdict("holds", "An invoice, signed for billing@bank.example. Your policy accepts it.", {
    declared: "transactional.invoice",
    signer: "bank.example",
    says: {
      gist: raw("Invoice"),
      open: true,
      rows: [
        row("Purpose", "Transactional, invoice; to you alone; you have an account there"),
        row("Signed for", "billing@bank.example, 22 Nov 2026, 14:02"),
        row("Vouched for by", "the domain bank.example, in signed DNS"),
        row("Certificate", "valid to 3 Mar 2027"),
        row("Fingerprint", "9f2c81a0 5be3…77e0", "code"),
        row("Your policy", "rule “bank”: accept"),
      ],
    },
    way: {
      gist: raw("TLS 1.3, 1 server"),
      open: true,
      steps: [
        mx,
        step(false, "mail.bank.example took it from app7 (internal)"),
        step(false, "app7 took it from [10.2.0.4]"),
      ],
    },
    checks: {
      gist: raw("DKIM, SPF, DMARC pass"),
      open: false,
      rows: [row("DKIM", "pass for bank.example"), row("SPF", "pass for bank.example"), row("DMARC", "pass")],
    },
    complaint: { reach: "sender", namesReader: true, boundRecipients: 1, ref: "r1", unsubscribe: null },
  }),
  careful: verdict("careful", "A newsletter, signed, but by a key seen for the first time.", {
    declared: "newsletter",
    signer: "news.example",
    advice: raw("Check the address of the sender before you trust it."),
    says: {
      gist: raw("Newsletter, new key"),
      open: true,
      rows: [
        row("Purpose", "Newsletter; to many; you asked for it"),
        row("Signed for", "letter@news.example, 21 Nov 2026, 07:30"),
        row("Vouched for by", "nobody but itself"),
      ],
    },
    way: { gist: raw("TLS 1.2, 2 servers"), open: false, steps: [mx, mx] },
    checks: { gist: raw("DKIM pass"), open: false, rows: [row("DKIM", "pass for news.example")] },
    complaint: {
      reach: "sender",
      namesReader: false,
      boundRecipients: 312,
      ref: "r2",
      unsubscribe: "https://news.example/u/1",
    },
  }),
  broken: verdict("broken", "bank.example signs all its mail. This one is not theirs.", {
    declared: "transactional.invoice",
    signer: "bank.example",
    advice: raw("Don’t pay, don’t open links. Ask the sender by another way."),
    says: {
      gist: raw("Invoice, not proven"),
      open: true,
      rows: [row("Signature", "does not match the text of this mail"), row("Claims to be", "billing@bank.example")],
    },
    way: {
      gist: raw("no TLS"),
      open: true,
      steps: [step(true, "mx1.example.net took it from 203.0.113.9 (no name)", "not encrypted", "no certificate")],
    },
    checks: { gist: raw("DMARC fail"), open: false, rows: [row("DMARC", "fail")] },
  }),
  unproven: verdict("unproven", "Signed, but changed on the way; mailing lists do that.", {
    declared: "discussion",
    signer: "lists.example",
    says: { gist: raw("Discussion, not proven"), open: false, rows: [row("Signature", "does not match the text")] },
    way: { gist: raw("TLS 1.3, 1 server"), open: false, steps: [mx] },
    checks: { gist: raw("DKIM pass"), open: false, rows: [row("DKIM", "pass for lists.example")] },
  }),
  unrecorded: verdict(
    "unrecorded",
    "This mail declares nothing, and your mail server recorded nothing about its way.",
    {
      declared: null,
      signer: null,
      way: {
        gist: raw("only claimed: TLS 1.2"),
        open: false,
        steps: [step(false, "mx.provider.example took it from smtp.shop.example", "TLS 1.2")],
      },
      checks: {
        gist: raw("provider says: DKIM pass"),
        open: false,
        rows: [row("DKIM", "pass, says mx.provider.example")],
      },
    },
  ),
} as const satisfies Readonly<Record<Level, Verdict>>;

/** 22 November 2026, 14:02 UTC: the gallery's clock stands still. */
export const galleryTime = 1_795_356_120;

const justMade: ReportedComplaint = {
  code: "misrepresented",
  actual: "marketing",
  at: galleryTime - 2,
  undoUntil: galleryTime + 598,
  state: "pending",
};

/** How a complaint can stand. */
export const states: Readonly<Record<string, ComplaintState>> = {
  none: { kind: "none" },
  sending: { kind: "sending" },
  undone: { kind: "undone", inJunk: true },
  failed: { kind: "failed", code: "client/unreachable" },
  stands: { kind: "stands", code: "client/unreachable", complaint: justMade },
  reported: { kind: "reported", complaint: justMade },
  counted: {
    kind: "reported",
    complaint: {
      code: "misrepresented",
      actual: "marketing",
      at: galleryTime - 90_000,
      undoUntil: null,
      state: "counted",
    },
  },
};

const keys = ["9f2c81a05be377e0aa", "M3k9Zq1xTt0aLwB2pp"];

/** One mailbox in each state. */
export const accounts: readonly AccountView[] = (
  [
    { kind: "new" },
    { kind: "searching" },
    { kind: "connecting" },
    { kind: "disconnecting" },
    { kind: "absent" },
    { kind: "found", domain: "example.net", host: "waybill.example.net", keys },
    { kind: "waiting", domain: "example.net", address: "alice@example.net" },
    { kind: "pinned", domain: "example.net", failure: "client/unreachable" },
    { kind: "paired", domain: "example.net", address: "alice@example.net" },
    { kind: "changed", domain: "example.net", host: "waybill.example.net", keys },
    { kind: "lost" },
    { kind: "again", domain: "example.net", host: "waybill.example.net", keys },
    { kind: "failed", code: "client/unreachable" },
  ] as const
).map((state, index) => ({
  id: `account${index}`,
  name: `alice@${state.kind}.example`,
  address: `alice@${state.kind}.example`,
  state,
  typedBridge: state.kind === "failed" ? "https://bridge.failed.example/" : null,
  usedBridge: state.kind === "paired" ? "https://waybill.example.net/api/v1/" : null,
  trusted: state.kind === "paired" ? ["mx1.example.net"] : [],
}));
