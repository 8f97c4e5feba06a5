// What a phase of a soak is: a share of the mails, and what goes wrong while they are sent.
import type { Complaining } from "./complaining.ts";
import type { Ledger } from "./ledger.ts";
import type { Author } from "./mails.ts";
import type { Sending } from "./sending.ts";
import type { World } from "./world.ts";

/** All that a phase plays with. */
export interface Soak {
  readonly world: World;
  readonly ledger: Ledger;
  readonly sending: Sending;
  readonly complaining: Complaining;
  /** The long form: faults last longer. */
  readonly long: boolean;
  /** From now on every second declared mail is written by this one. */
  writeAs(author: Author): void;
}

/** One fault. */
export interface Phase {
  readonly name: string;
  /** Of all mails, in percent. */
  readonly percent: number;
  /** Mails that it put off may be taken during later phases: the bridge remembers for a minute what could not be fetched. */
  readonly lingers?: true;
  /** Plays it and ends it; throws where it had not the effect it must have. What it saw, in a few words. */
  run(soak: Soak): Promise<string>;
}

/** How a declaration that cannot be checked is put off. */
export const uncheckable = "end 4.7.5";

/** Answers that put mail off during a phase, in all. */
export function putOffs({ ledger }: Soak, phase: string): number {
  return [...ledger.putOffs(phase).values()].reduce((sum, count) => sum + count, 0);
}
