// How old something kept is. A clock that went back makes nothing fresh for years.

/** Whether `at` lies less than `seconds` before `now`, and not after it; null: never happened. */
export function isYounger(at: number | null, now: number, seconds: number): boolean {
  return at !== null && at <= now && now - at < seconds;
}
