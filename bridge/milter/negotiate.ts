// The first exchange of a milter connection: what this filter needs, out of what the MTA offers.
import { perm, ok, type Result } from "../../shared/result.ts";
import { formatOptions, type Options, parseOptions } from "./codec.ts";
import { formatPacket } from "./packet.ts";
import { actions, macroStages, protocolVersion, responses, steps } from "./protocol.ts";

/** What a listener wants to be told and asked. */
export interface Wants {
  /** A recipient may be refused by himself, so the MTA shall wait for an answer at RCPT. */
  readonly recipients: boolean;
  /** The body is looked at. */
  readonly body: boolean;
  /** It may be replaced. */
  readonly newBody?: boolean;
}

/** What both sides agreed on. */
export interface Agreement {
  /** What the MTA is answered, as a packet. */
  readonly answer: string;
  /** Bits of SMFIP_* in force. */
  readonly steps: number;
  /** Header values come and go with their leading space (SMFIP_HDR_LEADSPC). */
  readonly leadingSpace: boolean;
  readonly mayQuarantine: boolean;
  /** The MTA waits for an answer at RCPT. */
  readonly recipients: boolean;
}

const tlsMacros = "{tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer}";

/** Macros by stage. TLS ones again at MAIL, for an MTA that sends no second HELO. */
const wantedMacros = [
  { stage: macroStages.connect, names: "{client_resolve} {client_addr} {client_port} {daemon_addr} {daemon_port}" },
  { stage: macroStages.helo, names: tlsMacros },
  { stage: macroStages.mail, names: `i {auth_authen} ${tlsMacros}` },
  { stage: macroStages.recipient, names: "" },
  { stage: macroStages.data, names: "i" },
  { stage: macroStages.endOfMessage, names: "i" },
  { stage: macroStages.endOfHeader, names: "" },
];

/** Over a UNIX socket the MTA waits for nothing but what may be refused. */
const unixSteps =
  steps.noReplyConnect |
  steps.noReplyHelo |
  steps.noReplyMail |
  steps.noReplyRecipient |
  steps.noReplyData |
  steps.noReplyUnknown |
  steps.noReplyHeader |
  steps.noReplyEndOfHeader |
  steps.noReplyBody;

/**
 * Over TCP two small writes in a row without a read between them wait for the peer's delayed acknowledgement: 40 ms a
 * mail. So the envelope is answered, and only content, which comes in large writes, is not.
 */
const tcpSteps = steps.noReplyHeader | steps.noReplyEndOfHeader | steps.noReplyBody;

/** Never of use here. DATA is: its macros are the first with a queue id, and some MTAs send them with the event only. */
const unwantedSteps = steps.noUnknown | steps.noEndOfHeader;

/** Negotiations of one listener. An MTA offers the same on each connection: the last answer is kept. */
export class Negotiations {
  readonly #transport: "unix" | "tcp";
  readonly #wants: Omit<Wants, "recipients">;
  #last: { readonly offer: string; readonly recipients: boolean; readonly agreement: Agreement } | null = null;

  constructor(transport: "unix" | "tcp", wants: Omit<Wants, "recipients">) {
    this.#transport = transport;
    this.#wants = wants;
  }

  /** Answers an offer as the MTA wrote it. `recipients`: as in Wants. */
  agree(offer: string, recipients: boolean): Result<Agreement> {
    const last = this.#last;
    if (last !== null && last.offer === offer && last.recipients === recipients) return ok(last.agreement);
    const options = parseOptions(offer);
    if (!options.ok) return options;
    const agreed = negotiate(options.value, this.#transport, { ...this.#wants, recipients });
    if (agreed.ok) this.#last = { offer, recipients, agreement: agreed.value };
    return agreed;
  }
}

/** Answers an offer. Fails where the MTA does not let a filter change what this one has to, or is older than 8.10's. */
function negotiate(offer: Options, transport: "unix" | "tcp", wants: Wants): Result<Agreement> {
  const needed = actions.addHeaders | actions.changeHeaders | (wants.newBody === true ? actions.changeBody : 0);
  if (offer.version < 2) return perm("milter/version", `the MTA speaks version ${offer.version}`);
  if ((offer.actions & needed) !== needed) {
    const what = wants.newBody === true ? "header fields and the body" : "header fields";
    return perm("milter/actions", `the MTA does not let filters add and change ${what}`);
  }
  const wanted =
    unwantedSteps |
    steps.headerLeadingSpace |
    (transport === "unix" ? unixSteps : tcpSteps) |
    (wants.body ? 0 : steps.noBody);
  const agreed = wanted & offer.steps & ~(wants.recipients ? steps.noReplyRecipient : 0);
  const setMacros = (offer.actions & actions.setMacros) !== 0;
  const answer: Options = {
    version: Math.min(offer.version, protocolVersion),
    actions: (needed | actions.quarantine | actions.setMacros) & offer.actions,
    steps: agreed,
    macros: setMacros ? wantedMacros : [],
  };
  return ok({
    answer: formatPacket(responses.negotiate, formatOptions(answer)),
    steps: agreed,
    leadingSpace: (agreed & steps.headerLeadingSpace) !== 0,
    mayQuarantine: (offer.actions & actions.quarantine) !== 0,
    recipients: (agreed & steps.noReplyRecipient) === 0,
  });
}
