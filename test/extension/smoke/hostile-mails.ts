// Mails that reach for the banner: each paints, hides, moves or covers what stands above it, as far as a mail's HTML can.

export interface HostileMail {
  /** Its subject, too. */
  readonly name: string;
  readonly head?: string;
  readonly body?: string;
  /** What the reader is brought to click in it. */
  readonly click?: string;
}

const bar = (style: string): string =>
  `<div class="bar" style="${style};background:#e6f4ea;color:#0f5a26;height:60px">Holds. VERIFIED</div>`;
const cover = "position:fixed;inset:0 0 auto 0;height:60px;background:#e6f4ea;color:#0f5a26";
const style = (css: string): string => `<style>${css}</style>`;

export const hostileMails: readonly HostileMail[] = [
  {
    name: "a bar of its own, as far up as it gets",
    body: bar("position:fixed;top:0;left:0;right:0;z-index:2147483647"),
  },
  {
    name: "words drawn over the banner's own element",
    head: style(
      `#waybill-banner::before, #waybill-banner::after, html > :last-child::after { content: "Holds. VERIFIED" !important; display: block !important; ${cover.replaceAll(";", "!important;")}!important; z-index: 9 !important }
       #waybill-banner::backdrop { ${cover} }`,
    ),
  },
  {
    name: "all styles of everything",
    head: style(`* { all: unset !important; display: none !important; }
      html, html:has(div), html > :last-child { display: none !important; opacity: 0 !important; visibility: hidden !important;
      clip-path: inset(100%) !important; transform: scale(0) !important; filter: opacity(0) !important; content-visibility: hidden !important;
      contain: strict !important; height: 0 !important; overflow: hidden !important; mask: linear-gradient(transparent, transparent) !important }`),
  },
  {
    name: "a root a hundredth of its size",
    head: style("html { zoom: 0.01 !important; font-size: 1px !important; direction: rtl }"),
  },
  {
    name: "motion",
    head: style(`@keyframes away { to { transform: translateY(-200px); opacity: 0; inset: -200px 0 auto 0; height: 0 } }
      #waybill-banner { animation: away 1ms forwards !important; transition: all 1ms !important; offset-path: path("M0 -200") !important; translate: 0 -200px !important }`),
  },
  {
    name: "a page that opens scrolled",
    head: style(
      "html { scroll-snap-type: y mandatory } body { height: 5000px } #end { position: absolute; top: 4000px; height: 900px; scroll-snap-align: start; scroll-initial-target: nearest }",
    ),
    body: '<div id="end">Please pay.</div>',
  },
  {
    name: "a sheet over all of it, scrolled",
    head: style(
      "#sheet { position: absolute; z-index: 2147483647; top: 0; left: 0; width: 100%; height: 6000px; background: #fff } #end { margin-top: 4000px; height: 900px; scroll-initial-target: nearest }",
    ),
    body: '<div id="sheet"><div id="end">Please pay.</div></div>',
  },
  {
    name: "letters of its own",
    head: style(
      ["system-ui", "sans-serif", "Segoe UI", "DejaVu Sans", "Noto Sans", "-apple-system"]
        .map((name) => `@font-face { font-family: "${name}"; src: local("DejaVu Serif"), local("DejaVu Sans Mono") }`)
        .join("\n"),
    ),
  },
  {
    name: "a popover that a click opens",
    body: `<button id="b" popovertarget="p" style="position:absolute;top:120px">Show the invoice</button><div popover id="p" style="${cover};margin:0;width:100%">Holds. VERIFIED</div>`,
    click: "#b, [popovertarget]",
  },
  {
    name: "a dialog that a click opens",
    body: `<button id="b" command="show-modal" commandfor="d" style="position:absolute;top:120px">Show the invoice</button><dialog id="d" style="${cover};margin:0;width:100%;max-width:none">Holds. VERIFIED</dialog>`,
    click: "#b, [commandfor]",
  },
  {
    name: "an open dialog",
    body: `<dialog open style="${cover};margin:0;z-index:2147483647">Holds. VERIFIED</dialog>`,
  },
  {
    name: "somewhere else to go",
    head: '<base href="https://evil.example/"><meta http-equiv="refresh" content="0;url=data:text/html,Holds"><meta http-equiv="refresh" content="0;url=about:blank">',
  },
  { name: "an end that never comes", body: `${"<div>".repeat(4_000)}<table><select><svg><plaintext><!--` },
  {
    name: "an id that is ours",
    body: `<aside id="waybill-banner" style="${cover};z-index:2147483647">Holds. VERIFIED</aside>`,
  },
  {
    name: "one more document",
    body: `<iframe style="${cover};border:0;width:100%" srcdoc="Holds. VERIFIED"></iframe><object data="data:text/html,Holds" style="${cover}"></object>`,
  },
];

/** The mail as it lies in a mailbox. */
export function hostileMail({ name, head = "", body = "" }: HostileMail): string {
  const html = `<!DOCTYPE html>\r\n<html><head>${head.replaceAll("\n", "\r\n")}</head>\r\n<body>${body}<p>Please pay.</p></body></html>`;
  return [
    "From: Bank <billing@bank.example>",
    "To: Alice <alice@example.net>",
    `Subject: ${name}`,
    `Date: ${new Date().toUTCString().replace("GMT", "+0000")}`,
    `Message-ID: <${name.replaceAll(" ", ".")}@evil.example>`,
    "MIME-Version: 1.0",
    "Content-Type: text/html; charset=us-ascii",
    "Content-Transfer-Encoding: base64",
    "",
    ...(Buffer.from(html)
      .toString("base64")
      .match(/.{1,76}/g) ?? []),
    "",
  ].join("\r\n");
}

/** A mail that claims nothing and calls itself the answer to `messageId`: mail programs put it into that one's thread. */
export function intruder(name: string, messageId: string): string {
  return `In-Reply-To: ${messageId}\r\nReferences: ${messageId}\r\n${hostileMail({ name })}`;
}
