// The policies that apply to a recipient: the server's floor and default, and the reader's own between them. Parsed ones are
// kept, so that a mail costs a look into a map, and equal layers are the same objects.
import { parsePolicy } from "../../shared/policy/parse.ts";
import type { Policy, PolicyLayers } from "../../shared/policy/types.ts";
import { cacheOf } from "../cache/cache.ts";
import type { Eventually, Log, Policies } from "../pipeline/ports.ts";
import { sameAddress } from "./digest.ts";
import type { ReaderPolicyStore } from "./reader-policies.ts";
import type { MailboxOf } from "./subaddress.ts";

/** The server's own layers. */
export interface ServerPolicies {
  readonly floor: Policy | null;
  readonly default: Policy;
}

/** The pipeline's policies, and what changes them. */
export interface LayeredPolicies extends Policies {
  /** After a reload. */
  change(server: ServerPolicies): void;
  /** After a reader wrote his own. */
  forget(address: string): void;
  server(): ServerPolicies;
  /** Whether two recipients may have different policies: some reader wrote one of his own. */
  differ(): Eventually<boolean>;
}

const kept = 20_000;
/** Another process (the command line) may write too; its word counts after this at the latest, ms. */
const keptMs = 60_000;

/** Layers over a table of readers' policies. */
export function layeredPolicies(
  table: ReaderPolicyStore,
  server: ServerPolicies,
  mailboxOf: MailboxOf,
  log: Log,
): LayeredPolicies {
  const byReader = cacheOf<PolicyLayers>(kept, keptMs);
  let current = server;
  let serverOnly = layers(server, null);
  let known = { differ: false, untilMs: 0 };

  async function read(address: string): Promise<PolicyLayers> {
    const base = mailboxOf(address);
    const own = (await table.find(address)) ?? (base === null ? null : await table.find(base));
    const parsed = own === null ? null : parsePolicy(own.policy);
    if (parsed?.ok === false) log.warn({ reader: address, code: parsed.code }, "a reader's policy cannot be read");
    const found = parsed?.ok === true ? layers(current, parsed.value) : serverOnly;
    byReader.set(address, found);
    return found;
  }

  return {
    effective(recipient) {
      const address = sameAddress(recipient);
      return byReader.get(address) ?? read(address);
    },
    change(next) {
      current = next;
      serverOnly = layers(next, null);
      byReader.clear();
    },
    forget() {
      byReader.clear();
      known.untilMs = 0;
    },
    server: () => current,
    differ() {
      const nowMs = performance.now();
      if (nowMs < known.untilMs) return known.differ;
      const settle = (differ: boolean): boolean => {
        known = { differ, untilMs: nowMs + keptMs };
        return differ;
      };
      const found = table.any();
      return found instanceof Promise ? found.then(settle) : settle(found);
    },
  };
}

function layers({ floor, default: fallback }: ServerPolicies, reader: Policy | null): PolicyLayers {
  return {
    ...(floor === null ? {} : { floor }),
    ...(reader === null ? {} : { reader }),
    default: fallback,
  };
}
