import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Plugin } from "esbuild";

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
  { path: /^\.\/websocket$/, from: SDK_BASE, by: "websocket" },
  { path: /^\.\/Sseresponse$/, from: "@alicloud/openapi-core", by: "sse-response" },
  { path: /^\.\/websocketUtils$/, from: "@alicloud/openapi-core", by: "websocket" },
  { path: /^jsonwebtoken$/, by: "jsonwebtoken" },
  { path: /^ms$/, from: "jsonwebtoken", by: "ms" },
  { path: /^semver$/, from: "jsonwebtoken", by: "semver" },
  { path: /^\.\/lib\/sign-stream$/, from: "jws", by: "jws-sign-stream" },
  { path: /^\.\/data-stream$/, from: "jws", by: "jws-data-stream" },
  { path: /^safe-buffer$/, by: "safe-buffer" },
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
  "jws/lib/verify-stream.js": ["VerifyStream"],
  "@alicloud/sts20150401/dist/client.js": [
    "assumeRoleWithOIDCWithOptions",
    "assumeRoleWithOIDC",
    "assumeRoleWithSAMLWithOptions",
    "assumeRoleWithSAML",
    "getCallerIdentityWithOptions",
    "getCallerIdentity",
  ],
};

/** Lines of an index that name models of the operations cut above. */
const LINES: Readonly<Record<string, RegExp>> = {
  "@alicloud/sts20150401/dist/models/model.js": /AssumeRoleWith|GetCallerIdentity/,
};

/** What the verification of a token brings; the rest comes with the SDK. */
const OF_TOKENS: readonly string[] = [
  "jsonwebtoken",
  "ms",
  "semver",
  "jws-sign-stream",
  "jws-data-stream",
  "safe-buffer",
  "jws/lib/verify-stream.js",
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
      const all = [...REPLACED.map(({ by }) => by), ...Object.keys(CUT), ...Object.keys(LINES)];
      const missing = new Set(sdk ? all : OF_TOKENS);
      build.onResolve({ filter: /.*/ }, ({ path, importer }) => {
        const entry = REPLACED.find((entry) => entry.path.test(path) && isIn(entry.from, importer));
        if (entry === undefined) return undefined;
        missing.delete(entry.by);
        return { path: entry.by, namespace: "replaced" };
      });
      build.onLoad({ filter: /.*/, namespace: "replaced" }, ({ path }) => ({
        contents: `module.exports = require("./${path}.ts").replacement;`,
        resolveDir: join(import.meta.dirname, "replacements"),
      }));
      const edit = (file: string, edited: (source: string) => string) =>
        build.onLoad({ filter: new RegExp(`${file.replaceAll(/[/.]/g, "[\\\\/.]")}$`) }, async ({ path }) => {
          missing.delete(file);
          return { contents: edited(await readFile(path, "utf8")) };
        });
      for (const [file, names] of Object.entries(CUT))
        edit(file, (source) => names.reduce(withoutBody, source));
      for (const [file, pattern] of Object.entries(LINES))
        edit(file, (source) => withoutLines(source, pattern));
      build.onEnd(() => {
        if (missing.size > 0)
          throw new Error(
            `trim: did not find ${[...missing].join(", ")}; a dependency has changed, so correct scripts/build/trim.ts`,
          );
      });
    },
  };
}

function isIn(name: string | undefined, importer: string): boolean {
  return name === undefined || importer.replaceAll("\\", "/").includes(`node_modules/${name}/`);
}

/** The first and last line of a method (ES2017, then ES5) and of a function, as TypeScript prints them. */
const FORMS: readonly (readonly [first: string, last: string])[] = [
  ["^    (?:static |async )*NAME\\(", "^    }$"],
  ["^    \\w+\\.(?:prototype\\.)?NAME = function \\(", "^    };$"],
  ["^function NAME\\(", "^}$"],
];

function withoutBody(source: string, name: string): string {
  const message = JSON.stringify(`${name} is not in the bundle (scripts/build/trim.ts)`);
  const rest = FORMS.reduce((text, [first, last]) => {
    const body = new RegExp(`(?<=${first.replace("NAME", name)}[^\\n]*\\) \\{)\\n.*?(?=${last})`, "gms");
    return text.replace(body, ` throw new Error(${message});\n`);
  }, source);
  if (rest === source)
    throw new Error(
      `trim: ${name} does not exist any more; a dependency has changed, so correct scripts/build/trim.ts`,
    );
  return rest;
}

function withoutLines(source: string, pattern: RegExp): string {
  return source
    .split("\n")
    .filter((line) => !pattern.test(line))
    .join("\n");
}
