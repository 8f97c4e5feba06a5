// A failure that is nobody's bug: the disk is full, the database is held by another process. Where it was found it is told
// once, as long as it lasts; each mail that it keeps up is put off with one line.

/** What the bridge stands on cannot be had just now. The message says what, in words for an operator. */
export class Unavailable extends Error {}
