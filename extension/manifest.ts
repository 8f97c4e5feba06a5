// (base manifest, target) → the target's manifest. What all share stands in the base; what differs, and why, stands here.

export const targetNames = ["thunderbird", "chromium", "firefox"] as const;
export type Target = (typeof targetNames)[number];

/** manifest.json at the project's root: what every target shares. */
export interface BaseManifest {
  readonly permissions: readonly string[];
  readonly [key: string]: unknown;
}

/** A finished manifest. */
export type Manifest = Readonly<Record<string, unknown>>;

/** Ids under which Mozilla's programs know the two. */
export const geckoIds = { thunderbird: "waybill@waybill.example", firefox: "waybill-webmail@waybill.example" } as const;

const svgIcon = "icons/waybill.svg";
const pngIcons = (sizes: readonly number[]): Readonly<Record<string, string>> =>
  Object.fromEntries(sizes.map((size) => [size, `icons/waybill-${size}.png`]));

/** Webmail in a browser: scripts are registered per site the reader names, so that no site stands in the manifest. */
function webmailManifest(base: BaseManifest): Manifest {
  return {
    ...base,
    permissions: [...base.permissions, "scripting"],
    icons: pngIcons([16, 32, 48, 128]),
    action: { default_title: "__MSG_ui_name__", default_popup: "panel.html", default_icon: pngIcons([16, 32]) },
  };
}

function chromiumManifest(base: BaseManifest): Manifest {
  // 123: light-dark() in CSS.
  return { ...webmailManifest(base), minimum_chrome_version: "123", background: { service_worker: "background.js" } };
}

function firefoxManifest(base: BaseManifest): Manifest {
  return {
    ...webmailManifest(base),
    background: { scripts: ["background.js"] },
    browser_specific_settings: {
      gecko: {
        id: geckoIds.firefox,
        // 142: data_collection_permissions on every platform.
        strict_min_version: "142.0",
        // What leaves goes to the reader's own provider, at his click, about a mail that provider delivered.
        data_collection_permissions: { required: ["none"] },
      },
    },
  };
}

function thunderbirdManifest(base: BaseManifest): Manifest {
  return {
    ...base,
    permissions: [
      ...base.permissions,
      // The mail that is shown, and the inbox for the pairing code.
      "accountsRead",
      "messagesRead",
      // The banner in a displayed message.
      "messagesModify",
      // Marking and moving a reported mail to Junk.
      "messagesUpdate",
      "messagesMove",
      // The purpose of a mail that is written.
      "compose",
    ],
    icons: { 16: svgIcon, 32: svgIcon, 48: svgIcon, 128: svgIcon },
    // An event page: Thunderbird refuses a service worker alone.
    background: { scripts: ["background.js"] },
    message_display_action: {
      default_title: "__MSG_ui_name__",
      default_label: "__MSG_ui_button_label__",
      default_popup: "panel.html",
      default_icon: svgIcon,
    },
    // The manifest key, not registerScripts: else the first message after a start shows no banner. It is why 151.
    message_display_scripts: [{ js: ["banner.js"], run_at: "document_start" }],
    compose_action: {
      default_title: "__MSG_compose_button__",
      default_label: "__MSG_compose_button__",
      default_popup: "purpose.html",
      default_icon: svgIcon,
    },
    // Neither Tab nor F6 leads into the compose window's toolbar (153). W is no menu's letter there.
    commands: {
      _execute_compose_action: { suggested_key: { default: "Alt+Shift+W", mac: "MacCtrl+Shift+W" } },
    },
    browser_specific_settings: { gecko: { id: geckoIds.thunderbird, strict_min_version: "151.0" } },
  };
}

const builders: Record<Target, (base: BaseManifest) => Manifest> = {
  thunderbird: thunderbirdManifest,
  chromium: chromiumManifest,
  firefox: firefoxManifest,
};

/** Adds what `target` needs to the base. `grants`: origins that test builds may talk to without asking. */
export function manifestFor(base: BaseManifest, target: Target, grants: readonly string[]): Manifest {
  const manifest = builders[target](base);
  return grants.length === 0 ? manifest : { ...manifest, host_permissions: [...grants] };
}
