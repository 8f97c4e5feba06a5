// Which addresses may be a bridge's: https anywhere, http on this machine only (labs, the demo).

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** A bridge's address as typed or received, with a final slash; null for anything that may not be one. */
export function bridgeUrl(text: string): URL | null {
  if (text.length > 500 || !URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") return null;
  const allowed = url.protocol === "https:" || (url.protocol === "http:" && loopback.test(url.hostname));
  if (!allowed) return null;
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}

/** The permission pattern that lets an extension talk to `url`. Patterns have no ports. */
export function originPattern(url: URL): string {
  return `${url.protocol}//${url.hostname}/*`;
}

/** A domain typed or taken from an address: A-labels, lower case; null where it is none. */
export function mailDomain(address: string): string | null {
  const domain = address.slice(address.lastIndexOf("@") + 1);
  if (!URL.canParse(`https://${domain}/`)) return null;
  const { hostname } = new URL(`https://${domain}/`);
  return hostname.includes(".") && !/^[\d.]+$|^\[/.test(hostname) ? hostname : null;
}
