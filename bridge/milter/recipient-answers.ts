// Whether the MTA waits for an answer at each recipient. That is a round trip a mail (5 % of all a mail costs), and only of
// use where one recipient can be refused and another not. Where nobody thought so and one must be, nobody hears it: the mail
// is put off as a whole, and from then on all are answered.
import type { Eventually } from "../pipeline/ports.ts";
import type { Reply } from "../pipeline/mail.ts";

/** Asked when a connection is agreed on; true: answer each recipient. */
export type RecipientsDiffer = () => Eventually<boolean>;

/** The recipients of one listener's mails. */
export class RecipientAnswers {
  readonly #differ: RecipientsDiffer;
  #unheard = false;

  constructor(differ: RecipientsDiffer) {
    this.#differ = differ;
  }

  /** Whether a connection that begins now shall answer recipients. */
  wanted(): Eventually<boolean> {
    return this.#unheard || this.#differ();
  }

  /** A recipient was refused, and the MTA was not listening. How its mail is answered at the end. */
  unheard(refusal: Reply): Reply {
    this.#unheard = true;
    return { code: 451, enhanced: refusal.enhanced, text: refusal.text };
  }
}
