// What a scenario is: a name, and what is played in the lab.
import type { Stage } from "./stage.ts";
import type { World } from "./world.ts";

/** One scenario. */
export interface Scenario {
  readonly name: string;
  run(world: World, stage: Stage): Promise<void>;
}
