// What a milter conversation means, read slowly from the whole of it and without any code of bridge/milter: which mails the
// filter must have been told, and which questions it has to answer.

/** What a passage was told of one mail. */
export interface Heard {
  readonly from: string;
  readonly recipients: string[];
  readonly fields: { name: string; value: string }[];
  body: string;
  ended: boolean;
}

/** What the MTA waits for an answer to. */
export type Question = "negotiation" | "recipient" | "end" | "other";

/** A conversation read. */
export interface Model {
  readonly mails: readonly Heard[];
  readonly questions: readonly Question[];
  /** The stream stands between two packets, negotiated, and nothing was wrong with it. */
  readonly open: boolean;
  /** Whether `told` is what the filter heard: all of it, or where `whole` is false the beginning. */
  matches(told: readonly Heard[], whole: boolean): boolean;
}

/** An answer, and what it answers. */
export interface Answered {
  readonly to: Question;
  /** The last packet's. */
  readonly letter: string;
  /** Changes asked for at an end. */
  readonly edits: readonly object[];
}

const largest = 1_048_576;
const noReply: Readonly<Record<string, number>> = {
  C: 0x1000,
  H: 0x2000,
  M: 0x4000,
  R: 0x8000,
  T: 0x1_0000,
  U: 0x2_0000,
  N: 0x4_0000,
  L: 0x80,
  B: 0x8_0000,
};
/** What a filter on a UNIX socket that judges recipients may agree to. */
const agreeable = 0x1000 | 0x2000 | 0x4000 | 0x1_0000 | 0x2_0000 | 0x4_0000 | 0x80 | 0x8_0000;

function long(text: string, at: number): number {
  return [0, 1, 2, 3].reduce((sum, index) => sum * 256 + text.charCodeAt(at + index), 0);
}

function address(path: string): string {
  const bare = /^<([^]*)>$/.exec(path)?.[1] ?? path;
  const octets = Buffer.from(bare, "latin1");
  const text = octets.toString("utf8");
  return Buffer.from(text, "utf8").equals(octets) ? text : bare;
}

const wellFormed: Readonly<Record<string, RegExp>> = {
  C: /^[^\0]*\0(?:U|[46L][^]{2}[^\0]*\0)/,
  H: /\0$/,
  M: /\0$/,
  R: /\0$/,
  L: /^[^\0]+\0[^]*\0$/,
  D: /^[^](?:[^\0]*\0[^\0]*\0)*$/,
};

/** Reads all that one MTA sent. */
export function readScript(sent: string): Model {
  const mails: Heard[] = [];
  const questions: Question[] = [];
  let steps: number | null = null;
  let mail: Heard | null = null;
  let at = 0;
  /** Reads one packet; false: the connection is to end. */
  const read = (letter: string, payload: string): boolean => {
    if (letter === "O") {
      if (steps !== null || payload.length < 12 || !/^[^]{12}(?:[^]{4}[^\0]*\0)*$/.test(payload)) return false;
      if (long(payload, 0) < 2 || (long(payload, 4) & 0x11) !== 0x11) return false;
      steps = long(payload, 8) & agreeable;
      questions.push("negotiation");
      return true;
    }
    // Macros of fields and bodies are passed over unread, wherever they stand.
    if (letter === "D" && /^[LBN]/.test(payload)) return true;
    if (steps === null) return false;
    if (wellFormed[letter]?.test(payload) === false) return false;
    if (!"CHMRTLNBEAQKUD".includes(letter)) return false;
    if ("RLBE".includes(letter) && mail === null) return false;
    if (letter === "M")
      mails.push(
        (mail = { from: address(payload.split("\0")[0] ?? ""), recipients: [], fields: [], body: "", ended: false }),
      );
    if (letter === "R") mail?.recipients.push(address(payload.split("\0")[0] ?? ""));
    if (letter === "L")
      mail?.fields.push({
        name: payload.slice(0, payload.indexOf("\0")),
        value: payload.slice(payload.indexOf("\0") + 1, -1),
      });
    if ((letter === "B" || letter === "E") && mail !== null) mail.body += payload;
    if (letter === "E" && mail !== null) mail.ended = true;
    if ("EAKQ".includes(letter)) mail = null;
    if (letter === "E") questions.push("end");
    else if (letter === "R") questions.push("recipient");
    else if ("CHMTUNLB".includes(letter) && (steps & (noReply[letter] ?? 0)) === 0) questions.push("other");
    return letter !== "Q";
  };
  let open = true;
  while (open && at + 5 <= sent.length) {
    const length = long(sent, at);
    const whole = at + 4 + length <= sent.length;
    if (length < 1 || length > largest) {
      open = false;
    } else if (whole) {
      open = read(sent.charAt(at + 4), sent.slice(at + 5, at + 4 + length));
      at += 4 + length;
    } else {
      // The beginning of a body is told, all else waits for its end.
      const begun = sent.charAt(at + 4) === "B" ? sent.slice(at + 5) : "";
      const last = mails.at(-1);
      if (begun !== "" && (steps === null || mail === null || last === undefined)) open = false;
      else if (begun !== "" && last !== undefined) last.body += begun;
      break;
    }
  }
  return {
    mails,
    questions,
    open: open && at === sent.length && steps !== null,
    matches: (told, whole) => begins(told, mails) && (!whole || sameMails(told, mails)),
  };
}

function sameMails(told: readonly Heard[], mails: readonly Heard[]): boolean {
  // The sync recipient is asked for by the test itself.
  const plain = (list: readonly Heard[]): string =>
    JSON.stringify(
      list.map((mail) => ({ ...mail, recipients: mail.recipients.filter((to) => !to.startsWith("sync@")) })),
    );
  return plain(told) === plain(mails);
}

/** Whether what was told is a beginning of what was sent. */
function begins(told: readonly Heard[], mails: readonly Heard[]): boolean {
  return told.every((mail, index) => {
    const sent = mails[index];
    if (sent === undefined || sent.from !== mail.from || (mail.ended && !sent.ended)) return false;
    const to = sent.recipients.filter((one) => !one.startsWith("sync@"));
    return (
      mail.recipients.every((one, place) => to[place] === one) &&
      mail.fields.every((field, place) => JSON.stringify(field) === JSON.stringify(sent.fields[place])) &&
      sent.body.startsWith(mail.body)
    );
  });
}

/** The filter's answers to `questions`, in order; throws where one is not what its question allows. */
export function readAnswers(got: string, questions: readonly Question[]): Answered[] {
  const answers: Answered[] = [];
  let edits: object[] = [];
  let at = 0;
  const allowed: Readonly<Record<Question, string>> = { negotiation: "O", recipient: "cy", end: "cyt", other: "c" };
  while (at + 5 <= got.length) {
    const length = long(got, at);
    if (at + 4 + length > got.length) break;
    const [letter, payload] = [got.charAt(at + 4), got.slice(at + 5, at + 4 + length)];
    at += 4 + length;
    const to = questions[answers.length];
    if (to === undefined) throw new Error(`an answer ${letter} to nothing`);
    if (letter === "p" && (to === "end" || to === "recipient")) continue;
    if (to === "end" && (letter === "i" || letter === "m")) {
      const [name = "", value = ""] = payload.slice(4).split("\0");
      const number = long(payload, 0);
      edits.push(
        letter === "i" ? { kind: "insert", index: number, name, value } : { kind: "delete", name, instance: number },
      );
      continue;
    }
    if (!allowed[to].includes(letter)) throw new Error(`${letter} in answer to ${to}`);
    answers.push({ to, letter, edits });
    edits = [];
  }
  return answers;
}
