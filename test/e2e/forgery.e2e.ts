// From outside: what a forger can send or slip in, and what the reader is told about it (docs/protocol.md section 7).
// Whatever it is, it never holds.
import assert from "node:assert/strict";
import { arrivalOf, putIntoInbox, removeFromInbox, uidOf } from "./lab/mailbox.ts";
import { deliverFromOutside } from "./lab/outside.ts";
import { submit } from "./lab/submission.ts";
import { invoice, oneMail } from "./one-mail.e2e.ts";
import type { Scenario } from "./scenario.ts";
import { verdictOf } from "./thunderbird/waybill.ts";
import type { World } from "./world.ts";

const reader = "alice@home.example";

interface Forgery {
  readonly name: string;
  /** Whom the mail claims to be from; a genuine one of his, written to `to`, is what the forger starts with. */
  readonly from: "billing@bank.example" | "news@shop.example";
  readonly to: string;
  /** Makes the forgery of the genuine mail, which the forger has as it was delivered, every field of ours included. */
  readonly alter: (genuine: string, world: World) => string | Promise<string>;
  /** By the mail exchanger, or into the mailbox past it. */
  readonly way: "border" | "mailbox";
  readonly level: string;
  readonly words: RegExp;
  /** Name of a picture to be made of it. */
  readonly picture?: string;
}

/** The first field of this name with its continuation lines. */
function field(raw: string, name: string): string {
  return new RegExp(`^${name}:.*\\r?\\n(?:[ \\t].*\\r?\\n)*`, "im").exec(raw)?.[0] ?? "";
}

function without(raw: string, ...names: readonly string[]): string {
  return names.reduce(
    (text, name) => text.replace(new RegExp(`^${name}:.*\\r?\\n(?:[ \\t].*\\r?\\n)*`, "gim"), ""),
    raw,
  );
}

const ownFields = ["Hop-Signal", "IPP-Purpose", "IPP-Signature", "Authentication-Results"];
const notTheirs = /bank\.example signs all its mail\. This one is not theirs/;
const unsigned = /bank\.example signs all its mail\. This one has no signature: it is not theirs/;
const notYours = /a record that is not from your server/;

async function transplant(genuine: string, { home }: World): Promise<string> {
  const donor = await arrivalOf(home, reader, invoice);
  return field(donor, "Hop-Signal") + field(donor, "Authentication-Results") + without(genuine, ...ownFields);
}

const fromBank = { from: "billing@bank.example", to: reader } as const;
const fromShop = { from: "news@shop.example", to: reader } as const;

const forgeries: readonly Forgery[] = [
  {
    name: "a forged Hop-Signal, sent",
    ...fromShop,
    alter: (raw) => field(raw, "Hop-Signal").replace(/\bip=[^;]*/, "ip=45.10.9.9") + without(raw, ...ownFields),
    way: "border",
    level: "Not recorded",
    words: /declares nothing/,
  },
  {
    name: "a forged Hop-Signal, in the mailbox",
    ...fromShop,
    alter: (raw) => field(raw, "Hop-Signal").replace(/\bip=[^;]*/, "ip=45.10.9.9") + without(raw, ...ownFields),
    way: "mailbox",
    level: "Careful",
    words: notYours,
  },
  {
    name: "a transplanted Hop-Signal, sent",
    ...fromBank,
    alter: transplant,
    way: "border",
    level: "Does not hold",
    words: unsigned,
  },
  {
    name: "a transplanted Hop-Signal, in the mailbox",
    ...fromBank,
    alter: transplant,
    way: "mailbox",
    level: "Careful",
    words: notYours,
  },
  {
    name: "an altered subject",
    ...fromBank,
    alter: (raw) => raw.replace(/^Subject: /m, "Subject: Reminder: "),
    way: "border",
    level: "Does not hold",
    words: notTheirs,
  },
  {
    name: "an altered body",
    ...fromBank,
    alter: (raw) => raw.replace("account 1", "account 2"),
    way: "border",
    level: "Does not hold",
    words: notTheirs,
    picture: "thunderbird-does-not-hold",
  },
  {
    name: "an altered Content-Type",
    ...fromBank,
    alter: (raw) => raw.replace(/^Content-Type: text\/plain/m, "Content-Type: text/html"),
    way: "border",
    level: "Does not hold",
    words: notTheirs,
  },
  {
    name: "an altered recipient in the header",
    ...fromBank,
    to: "bob@home.example",
    alter: (raw) => raw.replace(/^To: .*$/m, `To: ${reader}`),
    way: "border",
    level: "Does not hold",
    words: notTheirs,
  },
  {
    name: "another recipient in the envelope",
    ...fromBank,
    to: "bob@home.example",
    alter: (raw) => raw,
    way: "border",
    level: "Not proven",
    words: /signed for billing@bank\.example, but you are not named in it/,
  },
  {
    name: "the same mail once more",
    ...fromBank,
    alter: (raw) => raw,
    way: "border",
    level: "Not proven",
    words: /A second copy of a mail signed for billing@bank\.example/,
  },
  {
    name: "an altered subject, from a domain that promises nothing",
    ...fromShop,
    alter: (raw) => raw.replace(/^Subject: /m, "Subject: [list] "),
    way: "border",
    level: "Not proven",
    words: /Signed, but changed on the way; mailing lists do that/,
  },
  {
    name: "a body altered after the seal",
    ...fromBank,
    alter: (raw) => raw.replace("account 1", "account 2"),
    way: "mailbox",
    level: "Not proven",
    words: /changed after your server saw it/,
  },
  {
    name: "a subject altered after the seal",
    ...fromBank,
    alter: (raw) => raw.replace(/^Subject: /m, "Subject: Reminder: "),
    way: "mailbox",
    level: "Careful",
    words: notYours,
  },
];

async function forge(world: World, forgery: Forgery, subject: string): Promise<string> {
  const { bank, home } = world;
  const { from, to, way, alter } = forgery;
  const purpose = from === "news@shop.example" ? "newsletter" : "transactional";
  await submit(bank, { from, to: [to], subject, text: "Please pay to account 1.\n", purpose });
  const genuine = await arrivalOf(home, to, subject);
  await removeFromInbox(home, to, subject);
  const raw = without(await alter(genuine, world), "Return-Path", "Delivered-To");
  if (way === "mailbox") await putIntoInbox(home, reader, raw);
  else await deliverFromOutside(home, { from: "forger@desk.example", to: reader, raw });
  return /^Subject: (.*)$/m.exec(raw)?.[1]?.trim() ?? subject;
}

export const forgery: Scenario = {
  name: "from outside: nothing forged holds",
  after: oneMail,
  run: async (world, stage) => {
    for (const [index, one] of forgeries.entries()) {
      await stage.step(one.name, async () => {
        const subject = await forge(world, one, `Invoice ${2001 + index}`);
        stage.keep(`forgery-${index + 1}.eml`, await arrivalOf(world.home, reader, subject));
        // By its UID: Thunderbird may have seen the genuine one before it was removed.
        const uid = await uidOf(world.home, reader, subject);
        const shown = await verdictOf(world.thunderbird, { login: reader, folder: "INBOX" }, uid, () => {
          if (one.picture !== undefined) world.screens.thunderbird.screenshot(stage.picture(one.picture));
        });
        assert.notEqual(shown.level, "Holds");
        assert.equal(
          `${shown.level}: ${shown.sentence}`.match(one.words)?.length,
          1,
          `${shown.level}: ${shown.sentence}`,
        );
        assert.equal(shown.level, one.level, shown.sentence);
      });
    }
  },
};
