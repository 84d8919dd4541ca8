/** The twelve import rules of docs/architecture.md. `npm run check` fails when one is broken. */
const deployed = "^(functions|shared|client)/";

/** The floors of shared/domain, lowest first. A file imports from its own floor and from lower ones. */
const FLOORS = [
  ["ram", "digest", "media-type", "problem", "refusal", "secure-address", "oss-endpoint"],
  ["prefix", "token"],
  ["rules"],
  ["grant"],
  ["policy"],
];

function anyOf(parts) {
  return `^shared/domain/(${parts.join("|")})(/|\\.ts$)`;
}

const floors = FLOORS.slice(0, -1).map((parts, floor) => ({
  name: `11-domain-floors-${parts.join("-")}`,
  comment: "inside shared/domain no import runs up",
  severity: "error",
  from: { path: anyOf(parts) },
  to: { path: anyOf(FLOORS.slice(floor + 1).flat()) },
}));

module.exports = {
  forbidden: [
    {
      name: "1-domain-is-pure",
      comment: "shared/domain imports nothing outside itself but node:crypto hashing",
      severity: "error",
      from: { path: "^shared/domain/" },
      to: { pathNot: ["^shared/domain/", "^(node:)?crypto$"] },
    },
    {
      name: "2-ports-know-the-domain-only",
      comment: "node:crypto for the type of a key",
      severity: "error",
      from: { path: "^shared/ports\\.ts$" },
      to: { pathNot: ["^shared/domain/", "^(node:)?crypto$"] },
    },
    {
      name: "2-wire-imports-nothing",
      severity: "error",
      from: { path: "^shared/wire\\.ts$" },
      to: { path: ".+" },
    },
    {
      name: "3-flow-knows-domain-and-ports",
      severity: "error",
      from: { path: "^shared/flows/" },
      to: { pathNot: ["^shared/domain/", "^shared/ports\\.ts$", "^shared/flows/"] },
    },
    {
      name: "4-adapters-do-not-know-each-other",
      comment:
        "a decorator gets its inner port from the root; an adapter's own folder and the keys' rules are its parts",
      severity: "error",
      from: { path: "^shared/adapters/([^/]+?)(\\.ts$|/)" },
      to: {
        path: "^shared/adapters/",
        pathNot: ["^shared/adapters/$1(\\.ts$|/)"],
      },
    },
    {
      name: "4-adapters-know-domain-and-ports",
      severity: "error",
      from: { path: "^shared/adapters/" },
      to: { path: "^(functions|client|sandbox|cli|test|scripts|shared/flows)" },
    },
    {
      name: "4-only-the-redis-store-knows-redis",
      comment: "ioredis is loaded only where a Redis is configured; tests talk to it as operators do",
      severity: "error",
      from: { pathNot: "^shared/adapters/redis-store(\\.ts$|/)|^test/" },
      to: { path: "(^|/)ioredis(/|$)" },
    },
    {
      name: "4-breakers-are-loaded-when-they-are-needed",
      comment:
        "a Redis is configured, or STS has failed; cli/build/replacements cuts the breaker out of its package",
      severity: "error",
      from: {
        pathNot: "^shared/adapters/(redis-store(\\.ts$|/)|aliyun-sts/)|^cli/build/replacements/|^test/",
      },
      to: { path: "(^|/)cockatiel(/|$)" },
    },
    {
      name: "4-only-one-adapter-knows-opentelemetry",
      comment: "its SDK is large, and loaded only where metrics or traces are asked for",
      severity: "error",
      from: { pathNot: "^shared/adapters/opentelemetry(\\.ts$|/)|^test/" },
      to: { path: "(^|/)@opentelemetry(/|$)" },
    },
    {
      name: "5-only-the-composition-root-wires-adapters",
      comment: "the shared cache and the telemetry are loaded by the root, from files of their own",
      severity: "error",
      from: {
        path: "^(functions|shared)/",
        pathNot: [
          "^functions/[^/]+/compose\\.ts$",
          "^functions/credentials/shared-cache/compose\\.ts$",
          "^functions/http/(telemetry|rate-limit|token-guard)/compose\\.ts$",
          "^shared/adapters/",
        ],
      },
      to: { path: "^shared/adapters/" },
    },
    {
      name: "6-client-knows-the-wire-only",
      severity: "error",
      from: { path: "^client/" },
      to: { path: "^(functions|sandbox|cli|scripts|test)/|^shared/(?!wire\\.ts$)" },
    },
    {
      name: "7-sandbox-knows-nothing-of-ours",
      comment: "a bug of ours must not cancel itself out",
      severity: "error",
      from: { path: "^sandbox/" },
      to: { path: "^(functions|shared|client|cli|scripts|test)/" },
    },
    {
      name: "8-deployed-code-knows-no-tools",
      severity: "error",
      from: { path: deployed },
      to: { path: "^(sandbox|cli|test|scripts)/", pathNot: "^cli/build/access-rules\\.ts$" },
    },
    {
      name: "8-published-code-imports-no-devDependency",
      comment: "the two hooks import their framework, an optional peer of the client package",
      severity: "error",
      from: { path: "^(functions|shared|client|cli|sandbox)/", pathNot: "^client/src/(react|vue)\\.ts$" },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"] },
    },
    {
      name: "8-deployed-code-imports-no-package-of-a-tool",
      comment: "the package oss-valet depends on them for its commands and the sandbox",
      severity: "error",
      from: { path: "^(functions|shared)/" },
      to: {
        path: "(^|/)node_modules/(esbuild|yaml|ali-oss|asn1js|pkijs|semver|@alicloud/(ram|sls)[^/]*)/",
      },
    },
    {
      name: "nothing-imports-tests",
      comment: "scripts/planted.ts plants the bugs of test/planted",
      severity: "error",
      from: { pathNot: "^(test/|scripts/planted\\.ts$)" },
      to: { path: "^test/" },
    },
    {
      name: "cli-knows-domain-and-sandbox",
      comment:
        "and, to judge a deployment as the function would: what its settings are, and which keys are usable",
      severity: "error",
      from: { path: "^cli/" },
      to: {
        path: "^(test|scripts|functions|shared/(adapters|flows))",
        pathNot: [
          "^functions/(credentials/config|http/(gate-)?settings)\\.ts$",
          "^shared/adapters/(fixed-keys(\\.ts$|/)|jwks-keys/)",
        ],
      },
    },
    {
      name: "cli-is-no-app",
      comment: "but valet sidecar is: it keeps credentials as every App does",
      severity: "error",
      from: { path: "^cli/", pathNot: "^cli/sidecar/" },
      to: { path: "^client/" },
    },
    {
      name: "only-a-verifier-makes-verified-claims",
      comment: "the brand's maker; everybody else may only use the type",
      severity: "error",
      from: { path: "^(shared|functions|client)/", pathNot: "^shared/adapters/jwt-token-verifier" },
      to: { path: "^shared/domain/token/verified-claims\\.ts$", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "9-no-cycles",
      comment:
        "type imports count: a circle of types is two files that are one idea, or four that have no floor",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "10-no-orphans",
      severity: "error",
      from: {
        orphan: true,
        pathNot: [
          "\\.d\\.ts$",
          "^test/",
          "^client/",
          "^examples/",
          "\\.(mjs|cjs)$",
          "^vitest\\.config\\.ts$",
          "^cli/build/replacements/",
        ],
      },
      to: {},
    },
    ...floors,
    {
      name: "11-domain-every-folder-has-a-floor",
      severity: "error",
      from: {},
      to: { path: "^shared/domain/", pathNot: anyOf(FLOORS.flat()) },
    },
    {
      name: "11-run-time-steps-take-types-of-rules-only",
      comment:
        "shared/domain/rules reads access.yaml when the bundle is built; only its types are known at run time",
      severity: "error",
      from: {
        path: "^(shared/(domain/(grant|policy)|flows|adapters)|functions)/|^shared/ports\\.ts$",
        pathNot: "^functions/http/gate-settings\\.ts$",
      },
      to: { path: "^shared/domain/rules/(?!rule\\.ts$)" },
    },
    {
      name: "12-functions-do-not-know-each-other",
      comment: "what two functions need is in functions/http",
      severity: "error",
      from: { path: "^functions/((?!http/|server/)[^/]+)/" },
      to: { path: "^functions/[^/]+/", pathNot: ["^functions/$1/", "^functions/http/"] },
    },
    {
      name: "12-the-server-composes-functions",
      comment: "it has the routes of all, and knows nothing else of them",
      severity: "error",
      from: { path: "^functions/server/" },
      to: {
        path: "^functions/",
        pathNot: ["^functions/(server|http)/", "^functions/[^/]+/(compose|config)\\.ts$"],
      },
    },
    {
      name: "12-http-knows-no-function",
      severity: "error",
      from: { path: "^functions/http/" },
      to: { path: "^functions/(?!http/)" },
    },
    {
      name: "resolvable",
      comment:
        "pages name the client package as Apps do; it is bundled from client/src, and built by npm pack alone",
      severity: "error",
      from: {},
      to: { couldNotResolve: true, pathNot: "^oss-valet-client(/|$)" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^((client/)?dist|coverage)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
      extensions: [".ts", ".mjs", ".cjs", ".js", ".json"],
    },
  },
};
