// The import rules of the tree. test/gate/rules.test.ts plants one violation of each and sees it reported.
/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-unresolved",
      severity: "error",
      from: {},
      to: { couldNotResolve: true, pathNot: "^(node|bun):" },
    },
    {
      name: "shared-imports-shared",
      comment: "shared/ is the protocol: no I/O, nothing of bridge or extension",
      severity: "error",
      from: { path: "^shared/" },
      to: {
        pathNot:
          "^shared/|(^|/)node_modules/(valibot|@peculiar/x509|reflect-metadata|pkijs|asn1js|openpgp|structured-headers)/",
      },
    },
    {
      name: "x509-library-in-its-folder",
      severity: "error",
      from: { path: "^(shared|bridge|extension)/", pathNot: "^shared/x509/|^bridge/keys/" },
      to: { path: "(^|/)node_modules/(@peculiar/x509|reflect-metadata)/" },
    },
    {
      name: "cms-library-in-its-folder",
      severity: "error",
      from: { path: "^(shared|bridge|extension)/", pathNot: "^shared/cms/" },
      to: { path: "(^|/)node_modules/(pkijs|asn1js)/" },
    },
    {
      name: "bridge-not-extension",
      severity: "error",
      from: { path: "^bridge/" },
      to: { path: "^extension/" },
    },
    {
      name: "extension-not-bridge",
      severity: "error",
      from: { path: "^extension/" },
      to: { path: "^bridge/" },
    },
    {
      name: "nothing-imports-test",
      severity: "error",
      from: { pathNot: "^test/" },
      to: { path: "^test/" },
    },
    {
      name: "nothing-imports-main",
      severity: "error",
      from: {},
      to: { path: "^bridge/main\\.ts$" },
    },
    {
      name: "listeners-stay-apart",
      comment: "what listens (milter, policyd, socketmap, api) meets in the pipeline and in main, never directly",
      severity: "error",
      from: { path: "^bridge/(milter|policyd|socketmap|api)/" },
      to: { path: "^bridge/(milter|policyd|socketmap|api)/", pathNot: "^bridge/$1/" },
    },
    {
      name: "hosts-stay-apart",
      severity: "error",
      from: { path: "^extension/hosts/([^/]+)/" },
      to: { path: "^extension/hosts/([^/]+)/", pathNot: "^extension/hosts/$1/" },
    },
    {
      name: "ui-without-browser-api",
      comment: "ui/ is props in, events out: the add-on, the webmail extension and the pages share it",
      severity: "error",
      from: { path: "^extension/ui/" },
      to: { path: "(^|/)node_modules/webextension-polyfill/|^extension/(background|hosts|pages)/" },
    },
    {
      name: "no-dev-packages-at-run-time",
      severity: "error",
      from: { path: "^(shared|bridge)/", pathNot: "^bridge/build\\.ts$" },
      to: { dependencyTypes: ["npm-dev", "npm-unknown", "npm-no-pkg"], dependencyTypesNot: ["type-only"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    exclude: { path: "^(dist|var)/|/planted/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
      extensions: [".ts", ".tsx", ".mjs", ".js", ".json", ".d.ts"],
    },
  },
};
