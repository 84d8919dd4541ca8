import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Plugin } from "esbuild";
import { EXTENSION } from "../shared/own-files.ts";

const SDK_BASE = "@darabonba/typescript";

/**
 * Modules that an AssumeRole call and the verification of a token do not need, and their replacements. `path` matches
 * the imported name; `from` limits the entry to imports of one package; `by` is the file in replacements/, which says
 * what part of the original is used.
 */
const REPLACED: readonly { readonly path: RegExp; readonly from?: string; readonly by: string }[] = [
  { path: /^@alicloud\/credentials$/, by: "credentials" },
  { path: /^@alicloud\/gateway-spi$/, by: "gateway-spi" },
  { path: /^@alicloud\/tea-typescript$/, by: "tea" },
  { path: /^httpx$/, by: "httpx" },
  { path: /^lodash$/, by: "lodash" },
  { path: /^xml2js$/, by: "xml2js" },
  { path: /^\.\/(date|file|form|url)$/, from: SDK_BASE, by: "darabonba-extras" },
  { path: /^\.\/retry$/, from: SDK_BASE, by: "retry" },
  { path: /^\.\/stream$/, from: SDK_BASE, by: "stream" },
  { path: /^url$/, from: SDK_BASE, by: "url" },
  { path: /^https?$/, from: SDK_BASE, by: "agent" },
  { path: /^#typescript-helpers$/, by: "typescript-helpers" },
  { path: /^\.\/websocket$/, from: SDK_BASE, by: "websocket" },
  { path: /^\.\/Sseresponse$/, from: "@alicloud/openapi-core", by: "sse-response" },
  { path: /^\.\/websocketUtils$/, from: "@alicloud/openapi-core", by: "websocket" },
  { path: /^jsonwebtoken$/, by: "jsonwebtoken" },
  { path: /^ms$/, from: "jsonwebtoken", by: "ms" },
  { path: /^semver$/, from: "jsonwebtoken", by: "semver" },
  { path: /^\.\/lib\/sign-stream$/, from: "jws", by: "jws-sign-stream" },
  { path: /^\.\/data-stream$/, from: "jws", by: "jws-data-stream" },
  { path: /^safe-buffer$/, by: "safe-buffer" },
  { path: /^cockatiel$/, by: "cockatiel" },
];

/** Methods to remove from modules that stay: other styles of API (ROA, server-sent events, gateways), other operations. */
const CUT: Readonly<Record<string, readonly string[]>> = {
  "@alicloud/openapi-core/dist/client.js": [
    "doRPCRequest",
    "doROARequest",
    "doROARequestWithForm",
    "execute",
    "callSSEApi",
    "getAccessKeyId",
    "getAccessKeySecret",
    "getSecurityToken",
    "getBearerToken",
    "getType",
  ],
  "@alicloud/openapi-core/dist/utils.js": [
    "convert",
    "getStringToSign",
    "getROASignature",
    "getCanonicalizedHeaders",
    "getCanonicalizedResource",
    "getDateUTCString",
    "replaceRepeatList",
    "getRPCSignature",
    "arrayToStringWithSpecifiedStyle",
    "stringifyMapValue",
    "toArray",
    "mapToFlatStyle",
    "toForm",
    "parseToMap",
    "getEndpoint",
    "getEndpointRules",
  ],
  "@darabonba/typescript/dist/core.js": [
    "toMap",
    "validateRequired",
    "validateMaxLength",
    "validateMinLength",
    "validateMaximum",
    "validateMinimum",
    "validatePattern",
    "validateArray",
    "validateMap",
    "allowRetry",
    "getBackoffTime",
  ],
  "@darabonba/typescript/dist/xml.js": ["toXML", "_xmlCast"],
  "ecdsa-sig-formatter/src/ecdsa-sig-formatter.js": ["derToJose"],
  "jws/lib/verify-stream.js": ["VerifyStream"],
  "quick-lru/index.js": [
    "#entriesAscending",
    "#peek",
    "__oldCache",
    "[Symbol.for('nodejs.util.inspect.custom')]",
    "[Symbol.iterator]",
    "[Symbol.toStringTag]",
    "clear",
    "entries",
    "entriesAscending",
    "entriesDescending",
    "evict",
    "expiresIn",
    "forEach",
    "has",
    "keys",
    "maxAge",
    "maxSize",
    "peek",
    "resize",
    "size",
    "toString",
    "values",
  ],
  "@alicloud/sts20150401/dist/client.js": [
    "assumeRoleWithOIDCWithOptions",
    "assumeRoleWithOIDC",
    "assumeRoleWithSAMLWithOptions",
    "assumeRoleWithSAML",
    "getCallerIdentityWithOptions",
    "getCallerIdentity",
  ],
};

/**
 * First lines of blocks to empty, in methods that stay: WebSockets, other credentials, bodies and algorithms; options of
 * `verify` that shared/adapters/jwt-token-verifier.ts does not give.
 */
const BLOCKS: Readonly<Record<string, readonly string[]>> = {
  "@alicloud/openapi-core/dist/client.js": [
    'if ((!$dara.isNull(config.accessKeyId) && config.accessKeyId != "") && (!$dara.isNull(config.accessKeySecret) && config.accessKeySecret != "")) {',
    'else if (!$dara.isNull(config.bearerToken) && config.bearerToken != "") {',
    "if (isWebSocket) {",
    "if (!$dara.isNull(this._globalParameters)) {",
    "if (!$dara.isNull(runtime.extendsParameters)) {",
    "if (!$dara.isNull(request.stream)) {",
    "if (!$dara.isNull(request.body)) {",
    'if (authType == "bearer") {',
    'else if (authType == "id_token") {',
    'if (params.bodyType == "binary") {',
    'else if (params.bodyType == "byte") {',
    'else if (params.bodyType == "string") {',
    'else if (params.bodyType == "array") {',
  ],
  "@alicloud/openapi-core/dist/utils.js": [
    'else if (signatureAlgorithm == "ACS3-HMAC-SM3") {',
    'else if (signatureAlgorithm === "ACS3-HMAC-SM3") {',
    'else if (signatureAlgorithm === "ACS3-RSA-SHA256") {',
  ],
  "@darabonba/typescript/dist/core.js": [
    "else if (type.type === 'array') {",
    "if (type === 'boolean') {",
    "if (type === 'number' && typeof value === 'string') {",
    "if (typeof runtime.keepAlive !== 'undefined') {",
  ],
  "jsonwebtoken/verify.js": [
    "if (secretOrPublicKey != null && !(secretOrPublicKey instanceof KeyObject)) {",
    "if (!options.algorithms) {",
    "if (typeof payload.nbf !== 'undefined' && !options.ignoreNotBefore) {",
    "if (typeof payload.exp !== 'undefined' && !options.ignoreExpiration) {",
    "if (options.audience) {",
    "if (options.issuer) {",
    "if (options.subject) {",
    "if (options.jwtid) {",
    "if (options.nonce) {",
    "if (options.maxAge) {",
    "if (options.complete === true) {",
  ],
};

/**
 * Lines to remove: of an index, the models of the operations cut above; the regions' endpoints, which count when none is
 * given; options that our calls do not have (replacements/tea.ts throws for them).
 */
const LINES: Readonly<Record<string, RegExp>> = {
  "@alicloud/openapi-core/dist/utils.js":
    /^ {12}(?:accessKey\w+|securityToken|bearerToken|regionId|http\w+|noProxy|maxIdleConns|network|suffix|socks5\w+|endpointType|openPlatformEndpoint|type|signature\w+|key|cert|ca|disableHttp2|tlsMinVersion|websocketSubProtocol): /,
  "@alicloud/sts20150401/dist/models/model.js": /AssumeRoleWith|GetCallerIdentity/,
  "@alicloud/sts20150401/dist/client.js": /^\s*['"][\w-]+['"]: ['"]sts\.aliyuncs\.com['"],$/,
  "@darabonba/typescript/dist/core.js": /^ {12}\w+: ['"]\w+['"],?$/,
  // It extends nothing then: a method that is cut above must not be the one of Map, which is always empty.
  "quick-lru/index.js": /^\t\tsuper\(\);$/,
};

/** Words to remove. */
const WORDS: Readonly<Record<string, string>> = { "quick-lru/index.js": " extends Map" };

/** Packages that TypeScript compiled, each file with helpers of its own. */
const WITH_HELPERS = /^@(?:alicloud|darabonba)\//;

/** What the verification of a token brings; the rest comes with the SDK. */
const OF_TOKENS: readonly string[] = [
  "jsonwebtoken",
  "ms",
  "semver",
  "jws-sign-stream",
  "jws-data-stream",
  "safe-buffer",
  "jws/lib/verify-stream.js",
  "jsonwebtoken/verify.js",
  "ecdsa-sig-formatter/src/ecdsa-sig-formatter.js",
];

/**
 * Removes the unused parts of the dependencies from the bundle: most of the SDK's bytes, and most of its share of a cold
 * start. Throws when it does not find a part: then a new version of a dependency has moved it. `sdk`: whether the function
 * has the SDK.
 */
export function trim({ sdk }: { readonly sdk: boolean }): Plugin {
  return {
    name: "trim",
    setup(build) {
      const all = [...REPLACED.map(({ by }) => by), ...[CUT, BLOCKS, LINES].flatMap(Object.keys)];
      const missing = new Set(sdk ? all : OF_TOKENS);
      build.onResolve({ filter: /.*/ }, ({ path, importer }) => {
        const entry = REPLACED.find((entry) => entry.path.test(path) && isIn(entry.from, importer));
        if (entry === undefined) return undefined;
        missing.delete(entry.by);
        return { path: entry.by, namespace: "replaced" };
      });
      build.onLoad({ filter: /.*/, namespace: "replaced" }, ({ path }) => ({
        contents: `module.exports = require("./${path}${EXTENSION}").replacement;`,
        resolveDir: join(import.meta.dirname, "replacements"),
      }));
      build.onLoad(
        {
          filter:
            /node_modules[\\/](?:@alicloud|@darabonba|ecdsa-sig-formatter|jsonwebtoken|jws|quick-lru)[\\/].*\.js$/,
        },
        async ({ path }) => {
          const file = path.replaceAll("\\", "/").replace(/^.*\/node_modules\//, "");
          missing.delete(file);
          const lines = withoutLines(await readFile(path, "utf8"), LINES[file]);
          const word = WORDS[file];
          const source = word === undefined ? lines : changed(lines.replace(word, ""), lines, word);
          const emptied = (BLOCKS[file] ?? []).reduce(withoutBlock, source);
          const rest = (CUT[file] ?? []).reduce(withoutFunction, emptied);
          return { contents: WITH_HELPERS.test(file) ? withSharedHelpers(rest) : rest };
        },
      );
      build.onEnd(() => {
        if (missing.size > 0)
          throw new Error(
            `trim: did not find ${[...missing].join(", ")}; a dependency has changed, so correct cli/build/trim.ts`,
          );
      });
    },
  };
}

function isIn(name: string | undefined, importer: string): boolean {
  return name === undefined || importer.replaceAll("\\", "/").includes(`node_modules/${name}/`);
}

/** The first and last line of a method, as TypeScript prints it (ES2017, then ES5). */
const METHODS: readonly (readonly [first: string, last: string])[] = [
  ["    (?:static |async )*NAME\\([^\\n]*\\) \\{\\n", "    }\\n"],
  ["\\t(?:\\* |get )?NAME\\([^\\n]*\\) \\{\\n", "\\t}\\n"],
  ["    \\w+\\.(?:prototype\\.)?NAME = function \\([^\\n]*\\) \\{\\n", "    };\\n"],
];

/** The blocks with this first line throw, up to the bracket that closes them. */
function withoutBlock(source: string, first: string): string {
  const lines = source.split("\n");
  const rest: string[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    rest.push(line);
    if (line.trim() !== first) continue;
    const closing = `${/^ */.exec(line)?.[0]}}`;
    const end = lines.findIndex((other, index) => index > at && other.startsWith(closing));
    rest.push(`throw new Error("not in the bundle (cli/build/trim.ts)");`, lines[end] ?? "");
    at = end;
  }
  return changed(rest.join("\n"), source, first);
}

/** A method goes as a whole. Of a function that a file exports, the name has to stay. */
function withoutFunction(source: string, name: string): string {
  const message = JSON.stringify(`${name} is not in the bundle (cli/build/trim.ts)`);
  const whole = METHODS.map(
    ([first, last]) =>
      new RegExp(`^${first.replace("NAME", name.replace(/[[\]().]/g, "\\$&"))}.*?^${last}`, "gms"),
  );
  const body = new RegExp(`(?<=^function ${name}\\([^\\n]*\\) \\{)\\n.*?(?=^\\}$)`, "gms");
  const rest = whole
    .reduce((text, method) => text.replace(method, ""), source)
    .replace(body, ` throw new Error(${message});\n`);
  return changed(rest, source, name);
}

function changed(rest: string, source: string, what: string): string {
  if (rest !== source) return rest;
  throw new Error(
    `trim: ${what} does not exist any more; a dependency has changed, so correct cli/build/trim.ts`,
  );
}

function withoutLines(source: string, pattern: RegExp | undefined): string {
  if (pattern === undefined) return source;
  const rest = source
    .split("\n")
    .filter((line) => !pattern.test(line))
    .join("\n");
  return changed(rest, source, String(pattern));
}

/** What replacements/typescript-helpers.ts has, what only these use, and those that nothing uses any more. */
const HELPERS = ["__importStar", "__importDefault", "__exportStar", "__extends"];
const INNER_HELPERS = ["__createBinding", "__setModuleDefault"];
const UNUSED_HELPERS = ["__await", "__asyncValues", "__asyncGenerator"];

function withSharedHelpers(source: string): string {
  const rest = [...HELPERS, ...INNER_HELPERS, ...UNUSED_HELPERS].reduce(
    (text, name) => text.replace(definitionOf(name), ""),
    source,
  );
  const uses = (name: string): boolean => new RegExp(`\\b${name}\\b`).test(rest);
  const left = [...INNER_HELPERS, ...UNUSED_HELPERS].filter(uses);
  if (left.length > 0) throw new Error(`trim: ${left.join(", ")} is still used; correct cli/build/trim.ts`);
  const shared = HELPERS.filter(uses);
  if (shared.length === 0) return rest;
  return rest.replace(
    '"use strict";',
    `$&\nconst { ${shared.join(", ")} } = require("#typescript-helpers");`,
  );
}

/** On one line, or to the first line that starts with a bracket and ends a statement. */
function definitionOf(name: string): RegExp {
  const start = `^var ${name} = \\(this && this\\.${name}\\) \\|\\| `;
  return new RegExp(`${start}(?:[^\\n]*\\}\\)*;?$|.*?^\\}[^\\n]*;?$(?<!\\{))`, "ms");
}
