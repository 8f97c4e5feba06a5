// The words of Sendmail's milter protocol, version 6, as libmilter's mfapi.h and mfdef.h and Postfix' milter8.c use them.
// No standard describes it; these numbers are the interface.

/** The version spoken here; an older MTA is answered in its own (2 and later). */
export const protocolVersion = 6;

function codeOf(letter: string): number {
  return letter.charCodeAt(0);
}

/** Commands, MTA to filter (SMFIC_*). Each packet: length (4 octets, counts the rest), command, payload. */
export const commands = {
  abort: codeOf("A"),
  body: codeOf("B"),
  connect: codeOf("C"),
  macros: codeOf("D"),
  endOfMessage: codeOf("E"),
  helo: codeOf("H"),
  quitKeepConnection: codeOf("K"),
  header: codeOf("L"),
  mail: codeOf("M"),
  endOfHeader: codeOf("N"),
  negotiate: codeOf("O"),
  quit: codeOf("Q"),
  recipient: codeOf("R"),
  data: codeOf("T"),
  unknown: codeOf("U"),
} as const;

/** Responses, filter to MTA (SMFIR_*). */
export const responses = {
  accept: codeOf("a"),
  continue: codeOf("c"),
  discard: codeOf("d"),
  replaceBody: codeOf("b"),
  insertHeader: codeOf("i"),
  changeHeader: codeOf("m"),
  negotiate: codeOf("O"),
  progress: codeOf("p"),
  quarantine: codeOf("q"),
  reject: codeOf("r"),
  tempfail: codeOf("t"),
  reply: codeOf("y"),
} as const;

/** What a filter may do to a mail (SMFIF_*). */
export const actions = {
  addHeaders: 0x01,
  changeBody: 0x02,
  changeHeaders: 0x10,
  quarantine: 0x20,
  setMacros: 0x100,
} as const;

/** What the MTA shall not send, and what it shall not wait for (SMFIP_*; NR: no reply). */
export const steps = {
  noConnect: 0x1,
  noHelo: 0x2,
  noMail: 0x4,
  noRecipient: 0x8,
  noBody: 0x10,
  noHeader: 0x20,
  noEndOfHeader: 0x40,
  noReplyHeader: 0x80,
  noUnknown: 0x100,
  noData: 0x200,
  noReplyConnect: 0x1000,
  noReplyHelo: 0x2000,
  noReplyMail: 0x4000,
  noReplyRecipient: 0x8000,
  noReplyData: 0x10000,
  noReplyUnknown: 0x20000,
  noReplyEndOfHeader: 0x40000,
  noReplyBody: 0x80000,
  headerLeadingSpace: 0x100000,
} as const;

/** Stages for which a filter may name the macros it wants (SMFIM_*). */
export const macroStages = {
  connect: 0,
  helo: 1,
  mail: 2,
  recipient: 3,
  data: 4,
  endOfMessage: 5,
  endOfHeader: 6,
} as const;

/** The bit that means "do not wait for a reply" to a command; commands without one always get a reply, or never. */
export const noReplyStep: ReadonlyMap<number, number> = new Map([
  [commands.connect, steps.noReplyConnect],
  [commands.helo, steps.noReplyHelo],
  [commands.mail, steps.noReplyMail],
  [commands.recipient, steps.noReplyRecipient],
  [commands.data, steps.noReplyData],
  [commands.header, steps.noReplyHeader],
  [commands.endOfHeader, steps.noReplyEndOfHeader],
  [commands.body, steps.noReplyBody],
  [commands.unknown, steps.noReplyUnknown],
]);
