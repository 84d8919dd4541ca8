import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const ROOMS = ["functions", "shared", "client", "sandbox", "cli", "scripts", "test"];

/** One import: the file that imports; the file or package that it imports; how. */
type Import = readonly [from: string, to: string, how?: "as a type"];

/** By rule: imports that it must refuse. They stand together in one tree of files. */
const REFUSED: Readonly<Record<string, readonly Import[]>> = {
  "1-domain-is-pure": [
    ["shared/domain/ram/ram-policy.ts", "shared/ports.ts"],
    ["shared/domain/ram/ram-policy.ts", "node:fs"],
    ["shared/domain/token/app-token.ts", "a-dependency"],
    ["shared/domain/token/app-token.ts", "shared/adapters/audit-log.ts", "as a type"],
  ],
  "2-ports-know-the-domain-only": [
    ["shared/ports.ts", "shared/flows/vend-credentials.ts", "as a type"],
    ["shared/ports.ts", "node:http"],
  ],
  "2-wire-imports-nothing": [
    ["shared/wire.ts", "shared/domain/refusal.ts", "as a type"],
    ["shared/wire.ts", "node:crypto"],
  ],
  "3-flow-knows-domain-and-ports": [
    ["shared/flows/vend-credentials.ts", "shared/adapters/aliyun-sts.ts"],
    ["shared/flows/vend-credentials.ts", "functions/http/http.ts", "as a type"],
    ["shared/flows/vend-credentials.ts", "node:fs"],
  ],
  "4-adapters-do-not-know-each-other": [
    ["shared/adapters/aliyun-sts.ts", "shared/adapters/audit-log.ts"],
    ["shared/adapters/aliyun-sts/http.ts", "shared/adapters/jwks-keys/jwks-source.ts"],
    ["shared/adapters/aliyun.ts", "shared/adapters/aliyun-sts/http.ts"],
  ],
  "4-adapters-know-domain-and-ports": [
    ["shared/adapters/aliyun-sts.ts", "functions/credentials/config.ts"],
    ["shared/adapters/aliyun-sts.ts", "shared/flows/vend-credentials.ts"],
  ],
  "4-only-the-redis-store-knows-redis": [
    ["shared/adapters/caching-sts.ts", "ioredis"],
    ["cli/main.ts", "ioredis", "as a type"],
  ],
  "4-breakers-are-loaded-when-they-are-needed": [
    ["functions/credentials/compose.ts", "cockatiel"],
    ["shared/adapters/aliyun-sts.ts", "cockatiel"],
  ],
  "4-only-one-adapter-knows-opentelemetry": [
    ["shared/adapters/caching-sts.ts", "@opentelemetry/api"],
    ["functions/http/telemetry/compose.ts", "@opentelemetry/sdk-metrics"],
    ["shared/ports.ts", "@opentelemetry/api", "as a type"],
  ],
  "5-only-the-composition-root-wires-adapters": [
    ["functions/credentials/handler.ts", "shared/adapters/aliyun-sts.ts"],
    ["functions/compose.ts", "shared/adapters/aliyun-sts.ts"],
    ["functions/credentials/parts/compose.ts", "shared/adapters/aliyun-sts.ts", "as a type"],
  ],
  "6-client-knows-the-wire-only": [
    ["client/src/index.ts", "shared/ports.ts", "as a type"],
    ["client/src/index.ts", "functions/http/http.ts"],
  ],
  "7-sandbox-knows-nothing-of-ours": [
    ["sandbox/ram/evaluate.ts", "shared/domain/ram/ram-policy.ts"],
    ["sandbox/ram/evaluate.ts", "shared/wire.ts", "as a type"],
    ["sandbox/sandbox.ts", "functions/http/http.ts"],
    ["sandbox/sandbox.ts", "client/src/index.ts"],
    ["sandbox/sandbox.ts", "cli/main.ts"],
    ["sandbox/sandbox.ts", "scripts/check.ts"],
  ],
  "8-deployed-code-knows-no-tools": [
    ["functions/http/http.ts", "sandbox/http.ts", "as a type"],
    ["shared/ports.ts", "cli/main.ts"],
    ["client/src/index.ts", "scripts/check.ts"],
    ["shared/adapters/audit-log.ts", "test/support/stubs.ts"],
  ],
  "8-deployed-code-imports-no-package-of-a-tool": [
    ["functions/http/http.ts", "yaml"],
    ["shared/adapters/audit-log.ts", "esbuild"],
  ],
  "8-published-code-imports-no-devDependency": [
    ["cli/main.ts", "a-dev-dependency"],
    ["sandbox/sandbox.ts", "a-dev-dependency"],
    ["functions/http/http.ts", "a-dev-dependency"],
    ["shared/adapters/audit-log.ts", "a-dev-dependency"],
    ["client/src/index.ts", "an-undeclared-package"],
  ],
  "nothing-imports-tests": [
    ["scripts/check.ts", "test/support/stubs.ts"],
    ["cli/main.ts", "test/support/stubs.ts"],
  ],
  "cli-knows-domain-and-sandbox": [
    ["cli/main.ts", "functions/credentials/handler.ts"],
    ["cli/main.ts", "scripts/check.ts"],
    ["cli/main.ts", "shared/adapters/aliyun-sts.ts"],
    ["cli/explain/command.ts", "shared/flows/vend-credentials.ts"],
  ],
  "cli-is-no-app": [
    ["cli/main.ts", "client/src/index.ts"],
    ["cli/explain/command.ts", "client/src/index.ts", "as a type"],
  ],
  "only-a-verifier-makes-verified-claims": [
    ["functions/credentials/request.ts", "shared/domain/token/verified-claims.ts"],
    ["shared/flows/vend-credentials.ts", "shared/domain/token/verified-claims.ts"],
  ],
  "9-no-cycles": [
    ["scripts/docs/errors.ts", "scripts/docs/main.ts"],
    ["scripts/docs/page.ts", "scripts/docs/table.ts", "as a type"],
  ],
  "10-no-orphans": [["shared/alone.ts", "nothing"]],
  "11-domain-floors-ram-digest-media-type-problem-refusal-secure-address-oss-endpoint": [
    ["shared/domain/ram/x.ts", "shared/domain/prefix/y.ts"],
    ["shared/domain/ram/x.ts", "shared/domain/token/y.ts", "as a type"],
    ["shared/domain/ram/x.ts", "shared/domain/rules/y.ts"],
    ["shared/domain/ram/x.ts", "shared/domain/grant/y.ts", "as a type"],
    ["shared/domain/ram/x.ts", "shared/domain/policy/y.ts"],
    ["shared/domain/digest.ts", "shared/domain/prefix/y.ts"],
    ["shared/domain/problem.ts", "shared/domain/rules/rule.ts", "as a type"],
    ["shared/domain/refusal.ts", "shared/domain/grant/y.ts", "as a type"],
    ["shared/domain/secure-address.ts", "shared/domain/policy/y.ts"],
  ],
  "11-domain-floors-prefix-token": [
    ["shared/domain/prefix/x.ts", "shared/domain/rules/rule.ts", "as a type"],
    ["shared/domain/prefix/x.ts", "shared/domain/grant/y.ts"],
    ["shared/domain/prefix/x.ts", "shared/domain/policy/y.ts"],
    ["shared/domain/token/x.ts", "shared/domain/rules/y.ts"],
    ["shared/domain/token/x.ts", "shared/domain/grant/y.ts"],
    ["shared/domain/token/x.ts", "shared/domain/policy/y.ts", "as a type"],
  ],
  "11-domain-floors-rules": [
    ["shared/domain/rules/x.ts", "shared/domain/grant/y.ts", "as a type"],
    ["shared/domain/rules/x.ts", "shared/domain/policy/y.ts"],
  ],
  "11-domain-floors-grant": [
    ["shared/domain/grant/x.ts", "shared/domain/policy/y.ts"],
    ["shared/domain/grant/x.ts", "shared/domain/policy/session-policy.ts", "as a type"],
  ],
  "11-domain-every-folder-has-a-floor": [
    ["shared/domain/policy/session-policy.ts", "shared/domain/new-folder/x.ts"],
    ["shared/flows/vend-credentials.ts", "shared/domain/new-folder/x.ts", "as a type"],
    ["cli/main.ts", "shared/domain/new-file.ts"],
  ],
  "11-run-time-steps-take-types-of-rules-only": [
    ["shared/domain/grant/x.ts", "shared/domain/rules/access-rules.ts"],
    ["shared/domain/policy/session-policy.ts", "shared/domain/rules/access-rules.ts"],
    ["shared/flows/x.ts", "shared/domain/rules/access-rules.ts"],
    ["shared/adapters/audit-log.ts", "shared/domain/rules/access-rules.ts", "as a type"],
    ["shared/ports.ts", "shared/domain/rules/access-rules.ts", "as a type"],
    ["functions/credentials/x.ts", "shared/domain/rules/access-rules.ts"],
  ],
  "12-functions-do-not-know-each-other": [
    ["functions/credentials/x.ts", "functions/uploads/x.ts"],
    ["functions/uploads/y.ts", "functions/credentials/y.ts", "as a type"],
    ["functions/uploads/y.ts", "functions/http-cache/y.ts"],
  ],
  "12-the-server-composes-functions": [
    ["functions/server/compose.ts", "functions/uploads/uploads-route.ts"],
    ["functions/server/x.ts", "functions/credentials/request.ts", "as a type"],
  ],
  "12-http-knows-no-function": [
    ["functions/http/x.ts", "functions/credentials/x.ts"],
    ["functions/http/x.ts", "functions/uploads/x.ts", "as a type"],
    ["functions/http/x.ts", "functions/compose.ts"],
  ],
  resolvable: [["scripts/check.ts", "./missing.ts"]],
};

/** The other halves of the cycles above: dependency-cruiser reports a cycle at one of its imports. */
const BACK: readonly Import[] = [
  ["scripts/docs/main.ts", "scripts/docs/errors.ts"],
  ["scripts/docs/table.ts", "scripts/docs/page.ts", "as a type"],
];

/** Imports close to those above that no rule may refuse. */
const ACCEPTED: readonly Import[] = [
  ["shared/domain/policy/session-name.ts", "node:crypto"],
  ["shared/domain/policy/session-name.ts", "shared/domain/ram/ram-policy.ts"],
  ["shared/domain/policy/role-policy.ts", "shared/domain/policy/session-policy.ts"],
  ["shared/domain/policy/role-policy.ts", "shared/domain/grant/x.ts"],
  ["shared/domain/grant/x.ts", "shared/domain/rules/rule.ts", "as a type"],
  ["shared/domain/grant/x.ts", "shared/domain/prefix/x.ts"],
  ["shared/domain/grant/x.ts", "shared/domain/secure-address.ts"],
  ["shared/domain/rules/access-rules.ts", "shared/domain/rules/rule.ts"],
  ["shared/domain/rules/access-rules.ts", "shared/domain/prefix/x.ts"],
  ["shared/domain/rules/access-rules.ts", "shared/domain/token/x.ts"],
  ["shared/domain/prefix/x.ts", "shared/domain/token/x.ts"],
  ["shared/domain/prefix/x.ts", "shared/domain/digest.ts"],
  ["shared/domain/token/x.ts", "shared/domain/refusal.ts"],
  ["shared/domain/ram/x.ts", "shared/domain/problem.ts"],
  ["shared/ports.ts", "shared/domain/policy/session-name.ts", "as a type"],
  ["shared/ports.ts", "shared/domain/rules/rule.ts", "as a type"],
  ["shared/ports.ts", "node:crypto", "as a type"],
  ["shared/flows/vend-credentials.ts", "shared/ports.ts", "as a type"],
  ["shared/flows/vend-credentials.ts", "shared/flows/authorise.ts"],
  ["shared/flows/authorise.ts", "shared/domain/token/verified-claims.ts", "as a type"],
  ["shared/adapters/jwt-token-verifier.ts", "shared/domain/token/verified-claims.ts"],
  ["shared/adapters/aliyun-sts.ts", "shared/adapters/aliyun-sts/http.ts"],
  ["shared/adapters/aliyun-sts.ts", "a-dependency"],
  ["shared/adapters/redis-store/connection.ts", "ioredis"],
  ["shared/adapters/redis-store.ts", "cockatiel"],
  ["test/support/redis-server.ts", "ioredis"],
  ["shared/adapters/aliyun-sts/http.ts", "shared/ports.ts", "as a type"],
  ["functions/credentials/compose.ts", "shared/adapters/aliyun-sts.ts"],
  ["functions/credentials/compose.ts", "shared/adapters/jwt-token-verifier.ts"],
  ["functions/credentials/compose.ts", "shared/flows/vend-credentials.ts"],
  ["functions/credentials/compose.ts", "functions/http/http.ts"],
  ["functions/credentials/compose.ts", "cli/build/access-rules.ts"],
  ["functions/http/gate-settings.ts", "shared/domain/rules/access-rules.ts"],
  ["functions/credentials/compose.ts", "functions/credentials/config.ts"],
  ["functions/uploads/compose.ts", "functions/http/http.ts"],
  ["functions/http/http.ts", "functions/http/answer.ts"],
  ["functions/http/http.ts", "shared/wire.ts", "as a type"],
  ["client/src/index.ts", "shared/wire.ts", "as a type"],
  ["sandbox/sandbox.ts", "node:fs"],
  ["cli/main.ts", "yaml"],
  ["cli/main.ts", "sandbox/sandbox.ts"],
  ["cli/main.ts", "shared/domain/ram/ram-policy.ts"],
  ["scripts/check.ts", "a-dev-dependency"],
  ["test/unit/compose.test.ts", "functions/credentials/compose.ts"],
  ["test/unit/compose.test.ts", "sandbox/sandbox.ts"],
];

interface Violation {
  readonly rule: { readonly name: string };
  readonly from: string;
  readonly to: string;
}

/** Declared in the trees. */
const DEPENDENCIES = ["a-dependency", "ioredis", "cockatiel", "yaml", "esbuild"];

const trees: string[] = [];
afterAll(() => {
  for (const tree of trees) rmSync(tree, { recursive: true });
});

const configuration = createRequire(import.meta.url)("../../.dependency-cruiser.cjs") as {
  readonly forbidden: readonly { readonly name: string }[];
};
const reported = violationsIn([...Object.values(REFUSED).flat(), ...BACK]);

describe("the import rules of .dependency-cruiser.cjs", () => {
  it.each(
    Object.entries(REFUSED).flatMap(([rule, imports]) =>
      imports.map((one) => [rule, one[0], one[1]] as const),
    ),
  )("%s refuses that %s imports %s", (rule, from, to) => {
    const found = reported.filter((violation) => violation.rule.name === rule && violation.from === from);
    expect(found.map((violation) => nameOf(violation.to))).toContain(to === "nothing" ? from : nameOf(to));
  });

  it("each have an import here that they refuse", () => {
    const refusing = new Set(reported.map(({ rule }) => rule.name));
    expect(configuration.forbidden.map(({ name }) => name).filter((name) => !refusing.has(name))).toEqual([]);
    expect([...refusing].filter((name) => !(name in REFUSED))).toEqual([]);
  });

  it("refuse nothing that the house allows", () => {
    expect(violationsIn(ACCEPTED)).toEqual([]);
  });
});

/** What `npm run check` reports in a tree of files in which these imports stand. */
function violationsIn(imports: readonly Import[]): readonly Violation[] {
  const tree = treeWith(imports);
  const program = join(ROOT, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
  const run = spawnSync(
    process.execPath,
    [
      program,
      ...["--config", join(ROOT, ".dependency-cruiser.cjs"), "--output-type", "json"],
      ...ROOMS.filter((room) =>
        imports.some(([from, to]) => [from, to].some((file) => file.startsWith(`${room}/`))),
      ),
    ],
    { cwd: tree, encoding: "utf8", maxBuffer: 2 ** 26 },
  );
  if (!run.stdout.startsWith("{")) throw new Error(run.stderr);
  return (JSON.parse(run.stdout) as { readonly summary: { readonly violations: readonly Violation[] } })
    .summary.violations;
}

function treeWith(imports: readonly Import[]): string {
  const tree = mkdtempSync(join(tmpdir(), "oss-valet-imports-"));
  trees.push(tree);
  const files = new Map<string, string>([
    ["tsconfig.json", JSON.stringify({ extends: join(ROOT, "tsconfig.json"), include: ROOMS })],
    [
      "package.json",
      JSON.stringify({
        dependencies: Object.fromEntries(DEPENDENCIES.map((name) => [name, "1.0.0"])),
        devDependencies: { "a-dev-dependency": "1.0.0" },
      }),
    ],
  ]);
  for (const name of [...DEPENDENCIES, "a-dev-dependency", "an-undeclared-package"]) {
    files.set(
      `node_modules/${name}/package.json`,
      JSON.stringify({ name, version: "1.0.0", main: "index.js" }),
    );
    files.set(`node_modules/${name}/index.js`, "exports.x = 1;\n");
  }
  for (const [from, to, how] of imports) {
    const statement =
      to === "nothing"
        ? ""
        : `import ${how === undefined ? "{ x }" : "type { x }"} from "${specifier(from, to)}";\n`;
    files.set(
      from,
      (files.get(from) ?? "export const x = 1;\n") + statement.replaceAll("{ x }", "{ x as y }"),
    );
    if (ROOMS.some((room) => to.startsWith(`${room}/`)) && !files.has(to))
      files.set(to, "export const x = 1;\n");
  }
  for (const [file, text] of files) {
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    writeFileSync(join(tree, file), text);
  }
  return tree;
}

function specifier(from: string, to: string): string {
  if (!ROOMS.some((room) => to.startsWith(`${room}/`))) return to;
  const path = relative(dirname(from), to);
  return path.startsWith(".") ? path : `./${path}`;
}

/** A package by its name: dependency-cruiser names the file in it, and a module of Node without its scheme. */
function nameOf(resolved: string): string {
  return resolved.replace(/^node_modules\/([^/]+)\/.*$/, "$1").replace(/^node:/, "");
}
