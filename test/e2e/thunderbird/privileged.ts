// The few of Thunderbird's own objects that the functions of this folder touch inside it. Types only: those functions
// travel as source (marionette.ts). What TypeScript's DOM says of documents and elements holds in there too.

/** nsIURI */
export interface Uri {
  readonly spec: string;
  readonly host: string;
}

/** The far end of a <browser> that may live in another process. */
export interface MessageManager {
  addMessageListener(name: string, listener: (message: { readonly data: string }) => void): void;
  removeMessageListener(name: string, listener: (message: { readonly data: string }) => void): void;
  loadFrameScript(url: string, later: boolean): void;
}

/** <browser> */
export interface BrowserElement extends Element {
  readonly currentURI: Uri;
  readonly messageManager: MessageManager;
  readonly browsingContext: {
    readonly currentWindowGlobal: { drawSnapshot(area: null, scale: number, ground: string): Promise<ImageBitmap> };
    print(settings: unknown): Promise<void>;
  };
}

/** nsIMsgDBHdr */
export interface MessageHeader {
  readonly messageKey: number;
  readonly mime2DecodedSubject: string;
}

/** nsIMsgFolder */
export interface Folder {
  readonly URI: string;
  getChildNamed(name: string): Folder;
  getNewMessages(window: Window | null, listener: unknown): void;
}

/** nsIMsgIncomingServer */
export interface Server {
  readonly type: string;
  readonly hostname: string;
  readonly username: string;
  setBoolValue(name: string, value: boolean): void;
  readonly rootFolder: Folder;
}

/** nsIMsgIdentity */
export interface Identity {
  readonly email: string;
}

/** nsIMsgOutgoingServer */
export interface OutgoingServer {
  readonly username: string;
  readonly serverURI: Uri;
}

/** The window of about:3pane. */
export interface ThreePane extends Window {
  readonly displayFolder: (uri: string) => void;
  readonly gFolder: Folder | null;
  readonly gDBView: {
    readonly rowCount: number;
    readonly numSelected: number;
    getMsgHdrAt(row: number): MessageHeader;
    doCommand(command: unknown): void;
  } | null;
  readonly gViewWrapper: { showThreaded: boolean };
  readonly threadTree: { selectedIndex: number; selectedIndices: readonly number[] };
  readonly messageBrowser: HTMLIFrameElement;
}

/** <tabmail>, Thunderbird's tabs. */
export interface TabMail extends Element {
  readonly currentAbout3Pane: ThreePane | null;
  readonly currentAboutMessage: Window | null;
  readonly tabInfo: readonly unknown[];
  closeTab(index: number): void;
}

/** What privileged code may do with any window. */
export interface SynthesizingWindow extends Window {
  synthesizeMouseEvent(
    type: string,
    x: number,
    y: number,
    data: { readonly button: number; readonly clickCount: number },
  ): void;
}

/** An installed add-on, seen from the parent process. */
export interface Extension {
  readonly backgroundContext: unknown;
  readonly wakeupBackground?: () => Promise<void>;
  readonly views: ReadonlySet<{ readonly viewType: string; readonly xulBrowser: BrowserElement; readonly uri: Uri }>;
}

interface Modules {
  readonly "resource:///modules/MailServices.sys.mjs": {
    readonly MailServices: {
      readonly accounts: {
        readonly localFoldersServer: Server;
        readonly allServers: readonly Server[];
        readonly allIdentities: readonly Identity[];
      };
      readonly copy: {
        copyMessages(
          from: unknown,
          messages: readonly unknown[],
          to: Folder,
          isMove: boolean,
          ...rest: readonly unknown[]
        ): void;
      };
      readonly outgoingServer: { readonly servers: readonly OutgoingServer[] };
      readonly compose: { OpenComposeWindowWithParams(url: string | null, parameters: unknown): void };
    };
  };
  readonly "resource:///modules/MailUtils.sys.mjs": {
    readonly MailUtils: {
      getExistingFolder(uri: string): Folder;
      openMessageInNewWindow(message: unknown, view: unknown): void;
      openEMLFile(window: Window, file: unknown, uri: unknown): void;
    };
  };
  readonly "resource://gre/modules/Timer.sys.mjs": {
    readonly setTimeout: (run: () => void, ms: number) => number;
    readonly clearTimeout: (id: number) => void;
  };
  readonly "resource://gre/modules/ExtensionParent.sys.mjs": {
    readonly ExtensionParent: { readonly GlobalManager: { getExtension(id: string): Extension | undefined } };
  };
}

declare global {
  const ChromeUtils: { importESModule<M extends keyof Modules>(url: M): Modules[M] };
  const Services: {
    readonly wm: {
      getMostRecentWindow(type: string | null): Window | null;
      getEnumerator(type: string | null): Iterable<Window>;
    };
    readonly prefs: {
      setBoolPref(name: string, value: boolean): void;
      setIntPref(name: string, value: number): void;
      getDefaultBranch(root: string): { getBoolPref(name: string): boolean };
    };
    readonly focus: {
      readonly focusedElement: Element | null;
      readonly focusedContentBrowsingContext: {
        readonly currentWindowGlobal: { readonly documentURI: Uri | null } | null;
      } | null;
    };
    readonly io: { newFileURI(file: unknown): Uri; offline: boolean };
    readonly logins: { addLoginAsync(login: unknown): Promise<unknown> };
  };
  const Cc: Readonly<Record<string, { createInstance(type: unknown): unknown; getService(type: unknown): unknown }>>;
  const Ci: Readonly<Record<string, unknown>>;

  interface Document {
    getElementById(id: "tabmail"): TabMail | null;
  }
}
