// Targets with planted mistakes (parsers.ts).
import type { Target } from "../target.ts";
import { careless, endless, quadratic, throwing, trusting } from "./parsers.ts";

export const targets: readonly Target[] = [
  { name: "throwing", seeds: ["abcdef"], run: throwing },
  { name: "endless", seeds: ["a[b]"], run: (input) => void endless(input) },
  { name: "quadratic", seeds: ["a,b"], run: (input) => void quadratic(input) },
  { name: "trusting", seeds: ["L\0"], baseSteps: Infinity, run: (input) => void trusting(input) },
  { name: "careless", seeds: ["ab"], run: careless },
  { name: "sound", seeds: ["ab"], run: () => undefined },
];
