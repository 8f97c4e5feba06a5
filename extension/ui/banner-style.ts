// The banner's style sheet. It lives in a shadow root, where nothing of the page reaches it, so the colours of tokens.css
// come along in short. A string, because a content script has no file of its own to link to.

/** For a <style> beside <Banner>. */
export const bannerStyle = `
/* Important rules of a shadow root beat the page's: here for what no style attribute reaches. */
:host::before,
:host::after,
:host::backdrop {
  content: none !important;
  display: none !important;
}
/* Not on paper: a mail can print the same line, and there is no button beside it. */
@media print {
  :host {
    display: none !important;
  }
}
.wb-banner {
  --wb-tone: light-dark(#475160, #b9c2cc);
  --wb-back: light-dark(#eef1f4, #262c33);
  container-type: inline-size;
  background: var(--wb-back);
  color: light-dark(#1b1f24, #e8ebef);
  border-block-end: 1px solid color-mix(in srgb, var(--wb-tone) 35%, transparent);
  font:
    13px/1.4 system-ui,
    -apple-system,
    "Segoe UI",
    "Noto Sans",
    "DejaVu Sans",
    sans-serif;
  text-align: start;
  overflow-wrap: anywhere;
}
.wb-bar {
  box-sizing: border-box;
  display: grid;
  grid-template-columns: 20px 1fr auto;
  align-items: center;
  gap: 2px 10px;
  min-height: 38px;
  padding: 4px 12px;
}
.wb-holds {
  --wb-tone: light-dark(#0f5a26, #7ee2a0);
  --wb-back: light-dark(#e6f4ea, #10301d);
}
.wb-careful {
  --wb-tone: light-dark(#744700, #f2cc60);
  --wb-back: light-dark(#fff3d1, #3a2a05);
}
.wb-broken {
  --wb-tone: light-dark(#a00d24, #ff9b93);
  --wb-back: light-dark(#ffebe8, #44161a);
}
.wb-icon {
  flex: none;
  width: 20px;
  height: 20px;
  color: var(--wb-tone);
}
.wb-icon-frame {
  fill: color-mix(in srgb, currentColor 12%, transparent);
  stroke: currentColor;
  stroke-width: 2.4;
  stroke-linejoin: round;
}
.wb-icon-sign {
  fill: none;
  stroke: currentColor;
  stroke-width: 3;
  stroke-linecap: round;
  stroke-linejoin: round;
}
p {
  display: flex;
  flex-wrap: wrap;
  column-gap: 8px;
  min-width: 0;
  margin: 0;
}
b {
  color: var(--wb-tone);
  font-weight: 700;
}
button {
  appearance: none;
  flex: none;
  font: inherit;
  color: inherit;
  background: transparent;
  border: 1px solid color-mix(in srgb, currentColor 35%, transparent);
  border-radius: 6px;
  padding: 2px 10px;
  min-height: 28px;
  cursor: pointer;
}
button:hover {
  background: color-mix(in srgb, currentColor 10%, transparent);
}
button:focus-visible {
  outline: 2px solid light-dark(#0969da, #58a6ff);
  outline-offset: 1px;
}
@container (max-width: 480px) {
  .wb-bar {
    padding-block-end: 7px;
  }
  p {
    display: contents;
  }
  p span {
    grid-area: 2 / 1 / auto / -1;
  }
  button {
    grid-area: 1 / 3;
  }
}
@media (forced-colors: active) {
  .wb-banner {
    border: 1px solid;
  }
}
`;
