import { describe, expect, test } from "vitest";
import { formatOptions, parseOptions } from "../../../bridge/milter/codec.ts";
import { type Agreement, Negotiations } from "../../../bridge/milter/negotiate.ts";
import { actions, steps } from "../../../bridge/milter/protocol.ts";
import type { Result } from "../../../shared/result.ts";

const allActions = actions.addHeaders | actions.changeHeaders | actions.quarantine | actions.setMacros;
const allSteps = 0x1fffff;

function offer(change: { version?: number; actions?: number; steps?: number } = {}): string {
  return formatOptions({ version: 6, actions: allActions, steps: allSteps, macros: [], ...change });
}

/** What was agreed, and the options told in its packet. */
function told(agreed: Result<Agreement>): { agreement: Agreement; options: { version: number; steps: number } } {
  if (!agreed.ok) throw new Error(agreed.detail);
  const options = parseOptions(agreed.value.answer.slice(5));
  if (!options.ok) throw new Error(options.detail);
  return { agreement: agreed.value, options: options.value };
}

describe("negotiations of one listener", () => {
  test("the same offer has the same answer", () => {
    const negotiations = new Negotiations("unix", { body: true });
    const first = told(negotiations.agree(offer(), false));
    expect(told(negotiations.agree(offer(), false))).toEqual(first);
    expect(first.options).toMatchObject({ version: 6, steps: first.agreement.steps });
  });

  test("another offer has another one, and the first again its own", () => {
    const negotiations = new Negotiations("unix", { body: true });
    expect(told(negotiations.agree(offer(), false)).agreement.leadingSpace).toBe(true);
    const older = told(negotiations.agree(offer({ version: 2, steps: 0x7f }), false));
    expect(older).toMatchObject({ agreement: { leadingSpace: false, recipients: true }, options: { version: 2 } });
    expect(told(negotiations.agree(offer(), false)).options.version).toBe(6);
  });

  test("recipients are answered from the connection on that shall", () => {
    const negotiations = new Negotiations("unix", { body: true });
    const silent = told(negotiations.agree(offer(), false));
    const answered = told(negotiations.agree(offer(), true));
    expect([silent.agreement.recipients, answered.agreement.recipients]).toEqual([false, true]);
    expect(silent.options.steps & steps.noReplyRecipient).not.toBe(0);
    expect(answered.options.steps & steps.noReplyRecipient).toBe(0);
  });

  test("an offer that is refused is refused each time, and changes nothing", () => {
    const negotiations = new Negotiations("unix", { body: true });
    const first = told(negotiations.agree(offer(), false));
    for (let times = 0; times < 2; times += 1) {
      expect(negotiations.agree(offer({ version: 1 }), false)).toMatchObject({ ok: false, code: "milter/version" });
      expect(negotiations.agree(offer({ actions: 0 }), false)).toMatchObject({ ok: false, code: "milter/actions" });
      expect(negotiations.agree("\0\0\0\x06", false)).toMatchObject({ ok: false, code: "milter/options" });
    }
    expect(told(negotiations.agree(offer(), false))).toEqual(first);
  });
});
