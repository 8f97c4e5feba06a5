import { gone } from "./gone.ts"; export const unresolved: unknown = gone;
