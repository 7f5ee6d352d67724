// The rules that matter are bans: who may touch storage, the page and the network (docs/architecture.md).
import js from "@eslint/js";
import globals from "globals";

const STORAGE = [{ name: "indexedDB", message: "Only outbox/ touches IndexedDB." }];
const PAGE = ["document", "window"].map((name) => ({ name, message: "Only behaviours/ touches the page." }));
const NETWORK = [
  { name: "fetch", message: "Only outbox/{http,plain_form,file_form}.js and the service worker call fetch." },
  { name: "XMLHttpRequest", message: "Only outbox/http.js talks to the network." },
];
const VIA_GLOBAL = (names) =>
  names.map((name) => ({
    selector: `MemberExpression[object.name=/^(globalThis|self|window)$/][property.name='${name}']`,
    message: `${name} through the global object goes round a ban.`,
  }));
const NO_BLOB = {
  selector: "NewExpression[callee.name=/^(Blob|File)$/]",
  message: "ArrayBuffers only: a Blob in IndexedDB fails in WebKit.",
};
const NO_IDB = {
  patterns: [{ group: ["**/vendor/idb.js", "idb"], message: "Only outbox/ touches IndexedDB." }],
};

const within = (folder, bans) => ({
  files: [`fieldapp/static/js/${folder}`],
  rules: bans,
});

export default [
  { ignores: ["fieldapp/static/vendor/**", "node_modules/**", ".venv/**"] },
  js.configs.recommended,
  {
    files: ["fieldapp/static/js/**/*.js"],
    languageOptions: { ecmaVersion: 2023, sourceType: "module", globals: globals.browser },
    rules: {
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-var": "error",
      "prefer-const": "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_", caughtErrors: "none" }],
      "no-restricted-globals": ["error", ...STORAGE, ...PAGE, ...NETWORK],
      "no-restricted-imports": ["error", NO_IDB],
      "no-restricted-syntax": ["error", ...VIA_GLOBAL(["indexedDB", "fetch", "document"])],
    },
  },
  within("behaviours/**/*.js", { "no-restricted-globals": ["error", ...STORAGE, ...NETWORK] }),
  within("look.js", { "no-restricted-globals": ["error", ...STORAGE, ...NETWORK], "no-restricted-syntax": "off" }),
  within("outbox/**/*.js", {
    "no-restricted-globals": ["error", ...PAGE, ...NETWORK],
    "no-restricted-imports": "off",
    "no-restricted-syntax": ["error", ...VIA_GLOBAL(["fetch", "document"]), NO_BLOB],
  }),
  within("outbox/{http,plain_form,file_form}.js", { "no-restricted-globals": ["error", ...PAGE] }),
  {
    files: ["fieldapp/static/js/worker/**/*.js"],
    languageOptions: { globals: { ...globals.worker, ...globals.serviceworker } },
    rules: { "no-restricted-globals": ["error", ...STORAGE, ...PAGE, { name: "XMLHttpRequest", message: "fetch only." }] },
  },
  {
    files: ["tests/js/**/*.mjs", "*.mjs"],
    languageOptions: { ecmaVersion: 2023, sourceType: "module", globals: globals.node },
    rules: { "no-unused-vars": ["error", { argsIgnorePattern: "^_", caughtErrors: "none" }] },
  },
];
