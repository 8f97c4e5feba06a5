// All that takes octets from outside. A new parser gets its line in the table of its part.
import type { Target } from "./target.ts";
import { bridgeTargets } from "./targets/bridge.ts";
import { headerTargets } from "./targets/header.ts";
import { milterTargets } from "./targets/milter.ts";
import { mimeTargets } from "./targets/mime.ts";
import { policyServiceTargets } from "./targets/policy-service.ts";
import { protocolTargets } from "./targets/protocol.ts";
import { readerTargets } from "./targets/reader.ts";
import { x509Targets } from "./targets/x509.ts";

export const targets: readonly Target[] = [
  ...headerTargets,
  ...mimeTargets,
  ...protocolTargets,
  ...x509Targets,
  ...bridgeTargets,
  ...milterTargets,
  ...policyServiceTargets,
  ...readerTargets,
];
