// Each line breaks one rule of the linter; the comment names it.
async function later(): Promise<number> {
  return 1;
}
export function floating(): void {
  later(); // no-floating-promises
}
export function misused(list: number[]): void {
  list.forEach(async (n) => {
    await Promise.resolve(n);
  }); // no-misused-promises
}
export async function thenable(): Promise<void> {
  await 1; // await-thenable
}
export const anything: any = 1; // no-explicit-any
export const sure = (value: string | null): string => value!; // no-non-null-assertion
export function exhaustive(value: "a" | "b"): number {
  switch (value) { // switch-exhaustiveness-check
    case "a":
      return 1;
  }
  return 0;
}
export const loose = (a: unknown): boolean => a == 1; // eqeqeq
export function log(): void {
  console.log("x"); // no-console
}
const value = 1;
export default value; // no-default-export
