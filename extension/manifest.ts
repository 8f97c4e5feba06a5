// (base manifest, target) → the target's manifest. What all share stands in the base; what differs, and why, stands here.

export const targetNames = ["thunderbird", "chromium", "firefox"] as const;
export type Target = (typeof targetNames)[number];

/** manifest.json at the project's root: what every target shares. */
export interface BaseManifest {
  readonly manifest_version: 3;
  readonly version: string;
  readonly [key: string]: unknown;
}

/** A finished manifest. */
export type Manifest = Readonly<Record<string, unknown>>;

/** Adds what `target` needs to the base. `grants` are origins of test builds. */
export function manifestFor(base: BaseManifest, target: Target, grants: readonly string[]): Manifest {
  return { ...base, target, grants };
}
