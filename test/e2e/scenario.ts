// What a scenario is: a name, and what is played in the lab.
import type { Stage } from "./stage.ts";
import type { World } from "./world.ts";

/** One scenario. */
export interface Scenario {
  readonly name: string;
  /** Played before, also where this one alone is asked for: the mailboxes it connects and the mails it leaves are used. */
  readonly after?: Scenario;
  run(world: World, stage: Stage): Promise<void>;
}
