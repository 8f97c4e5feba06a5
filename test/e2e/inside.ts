// The half of run.ts that runs at the lab's desk, in its network namespace: starts everything, plays the scenarios.
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { makeFolder, saveLogs, type Internet } from "./lab/lab.ts";
import { createStage } from "./stage.ts";
import { chosenScenarios } from "./scenarios.ts";
import { startWorld } from "./world.ts";

const root = join(import.meta.dirname, "..", "..");
const kept = join(root, "var", "e2e");

/** Plays what was asked for; how many failed. */
async function run(internet: Internet, args: readonly string[], signal: AbortSignal): Promise<number> {
  // Comma-separated parts of names; what those scenarios need is played before them.
  const only = args.includes("--only") ? (args[args.indexOf("--only") + 1] ?? "").split(",") : [""];
  const asked = chosenScenarios(only);
  if (asked.length === 0) throw new Error(`no scenario's name has "${only.join('", "')}" in it`);
  const forDocs = args.includes("--screenshots");
  const pictures = forDocs ? join(root, "docs", "screenshots") : join(kept, "pictures");
  const folder = makeFolder(process.ppid);
  const stage = createStage(signal, join(kept, "mails"), pictures);
  let failed = 0;
  try {
    console.log("the lab");
    const world = await startWorld(internet, folder, stage);
    for (const scenario of asked) {
      console.log(scenario.name);
      try {
        await scenario.run(world, stage);
      } catch (error) {
        failed += 1;
        console.error(error);
        world.photograph(join(kept, `failed-${failed}`));
      }
    }
    await world.close();
  } catch (error) {
    failed += 1;
    console.error(error);
  }
  if (failed > 0) {
    saveLogs(folder, join(kept, "logs"));
    console.log(`logs and pictures: ${kept}`);
  }
  // A third of the size, and no difference to see.
  if (forDocs) execFileSync("sh", ["-c", "mogrify -strip +dither -colors 255 *.png"], { cwd: pictures });
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  return failed;
}

const [described = "", ...args] = process.argv.slice(2);
const ending = new AbortController();
/** Everything that was started stops by the signal; what is still waited for is not waited for any longer. */
function end(): void {
  ending.abort();
  setTimeout(() => process.exit(1), 4_000);
}
process.on("disconnect", end);
process.on("SIGTERM", end);
mkdirSync(kept, { recursive: true });
const failed = await run(JSON.parse(described) as Internet, args, ending.signal);
console.log(failed === 0 ? "every scenario passed" : `${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
