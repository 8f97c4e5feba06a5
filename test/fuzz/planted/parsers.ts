// Parsers with one mistake each, for the test that shows that the fuzzer finds such mistakes.

/** Throws behind three octets that no single change reaches, and that stand nowhere as a word. */
export function throwing(input: Uint8Array): void {
  if (input[0] === 0x57) {
    if (input[1] === 0x62) {
      if (input[2] === 0x7c) throw new RangeError("planted");
    }
  }
}

/** Never ends at a doubled "]". */
export function endless(input: Uint8Array): number {
  let at = 0;
  while (at < input.length) {
    if (input[at] === 0x5d && input[at + 1] === 0x5d) at -= 0;
    else at += 1;
  }
  return at;
}

/** Looks at all octets for every comma. */
export function quadratic(input: Uint8Array): number {
  let sum = 0;
  for (const octet of input) {
    if (octet !== 0x2c) continue;
    for (const other of input) sum += other === octet ? 1 : 0;
  }
  return sum;
}

/** Allocates what a length claims. */
export function trusting(input: Uint8Array): number {
  const kept: number[][] = [];
  if (input[0] !== 0x4c) return 0;
  const length = 2 ** ((input[1] ?? 0) & 31);
  for (let index = 0; index < length; index += 1) kept.push([index, index, index, index, index, index]);
  return kept.length;
}

/** Forgets to await. */
export function careless(input: Uint8Array): void {
  if (input.includes(0x7e)) void Promise.reject(new Error("planted and not awaited"));
}
