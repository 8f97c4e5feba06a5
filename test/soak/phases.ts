// The faults in the order in which they are played. Kills come early, as a report under way is tried again a minute later;
// then one long life, over which memory is watched; restarts come last, and make the bridge forget what it could not fetch.
import { disk } from "./faults/disk.ts";
import { endpoint } from "./faults/endpoint.ts";
import { kill } from "./faults/kill.ts";
import { lock } from "./faults/lock.ts";
import { reload } from "./faults/reload.ts";
import { resolver } from "./faults/resolver.ts";
import { restart } from "./faults/restart.ts";
import { upgrade } from "./faults/upgrade.ts";
import type { Phase } from "./phase.ts";

/** All of them; their shares are the whole. */
export const phases: readonly Phase[] = [upgrade, kill, disk, lock, reload, resolver, endpoint, restart];
