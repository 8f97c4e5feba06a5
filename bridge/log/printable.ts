// What commands and the log write is drawn by a terminal, and mail, DNS, servers and certificates choose much of it:
// controls, bidi marks and invisible characters are shown as JSON escapes, which JSON may have anywhere in its texts.

/** One value: nothing of it moves the cursor, begins a line or turns its neighbours round. */
export function printable(text: string): string {
  // Without the u flag a character beyond U+FFFF comes as its two halves, as JSON writes it.
  const halves = (character: string): string => character.replaceAll(/[^]/g, escaped);
  return text.replaceAll(/\p{C}/gu, halves);
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** A whole text, whose line ends are its own. */
export function printableLines(text: string): string {
  if (/^[\n\x20-\x7e]*$/.test(text)) return text;
  return text.split("\n").map(printable).join("\n");
}
