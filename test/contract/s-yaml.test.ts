import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse, parseDocument } from "yaml";
import { build } from "../../cli/build/build.ts";
import { DOMAIN_ROUTES } from "../../cli/dev/functions.ts";
import { CREDENTIALS_SETTINGS } from "../../functions/credentials/config.ts";
import { GATE_SETTINGS } from "../../functions/http/gate-settings.ts";
import { HTTP_SETTINGS } from "../../functions/http/http-settings.ts";
import { TELEMETRY_SETTINGS } from "../../functions/http/telemetry/settings.ts";
import { UPLOADS_SETTINGS } from "../../functions/uploads/config.ts";
import { classicWorld } from "../../sandbox/classic-world.ts";
import { sandboxClock } from "../../sandbox/clock.ts";
import { type DomainRoute, routeFor } from "../../sandbox/fc/domain-routes.ts";
import { checkSettings, type FunctionSettings } from "../../sandbox/fc/function-settings.ts";
import { startFunction } from "../../sandbox/fc/running-function.ts";
import { functionsFromSYaml } from "../../sandbox/fc/s-yaml.ts";
import { fcServer } from "../../sandbox/fc/server.ts";
import { emptyWorld } from "../../sandbox/world.ts";
import { codeDirWith, listen } from "../support/fc-function.ts";

const ROOT = join(import.meta.dirname, "../..");
const TEXT = readFileSync(join(ROOT, "s.yaml"), "utf8");
const FILE = parse(TEXT, { merge: true });
const FUNCTIONS = functionsFromSYaml(TEXT, {
  accountId: "1234567890123456",
  environment: { OSS_BUCKET: "examplebucket" },
  folder: ROOT,
});

/** The keys of what stands in s.yaml as a comment, ready to be used: `# NAME: value`. */
const COMMENTED = [...TEXT.matchAll(/^ +# ([A-Z][A-Z0-9_]+): /gm)].map(([, name]) => name ?? "");
/** Those at the settings of both functions. */
const COMMENTED_FOR_BOTH = [
  ...(/<<: &settings.*?(?=\n {8}\w)/s.exec(TEXT)?.[0] ?? "").matchAll(/# ([A-Z][A-Z0-9_]+): /g),
].map(([, name]) => name ?? "");
/** Names that access.yaml's author chooses; the comments show examples. */
const KEYS_OF_ACCESS_YAML = ["JWT_PUBLIC_KEY", "JWT_SECRET"];
/** What FC sets itself, and what only a plain server reads. */
const NOT_FOR_S_YAML = /^(ALIBABA_CLOUD_|FC_|HOST$|PORT$)/;

const OF_EVERY_FUNCTION = [...GATE_SETTINGS, ...HTTP_SETTINGS];
const CASES = [
  {
    name: "credentials",
    role: "oss-valet-function",
    settings: [...CREDENTIALS_SETTINGS, ...OF_EVERY_FUNCTION],
    commented: COMMENTED,
    path: "/credentials",
  },
  {
    name: "uploads",
    role: "oss-valet-uploads",
    settings: [...UPLOADS_SETTINGS, ...OF_EVERY_FUNCTION],
    commented: COMMENTED_FOR_BOTH,
    path: "/uploads",
  },
] as const;

it("s.yaml deploys these functions, and pins edition and access", () => {
  expect(Object.keys(FUNCTIONS)).toEqual(CASES.map(({ name }) => name));
  expect(parseDocument(TEXT, { uniqueKeys: true, merge: true }).errors).toEqual([]);
  expect(FILE.edition).toBe("3.0.0");
  // A template here would break ${config('AccountID')}: the alias is looked up with the raw text.
  expect(FILE.access).toBe("default");
});

describe.each(CASES)("s.yaml, function $name", ({ name, role, settings, commented, path }) => {
  const RESOURCE = FILE.resources[name];
  const PROPS = RESOURCE.props;
  const FUNCTION = FUNCTIONS[name] as FunctionSettings;

  it("is what the sandbox's Function Compute can create", () => {
    // The code is there after a build; what is built is asked for an answer below.
    checkSettings({ ...FUNCTION, codeDir: codeDirWith({}) });
  });

  it("runs the built bundle, and nothing else, on nodejs20", () => {
    expect(RESOURCE.component).toBe("fc3@0.1.22");
    expect([PROPS.runtime, PROPS.handler]).toEqual(["nodejs20", "index.handler"]);
    expect(relative(ROOT, FUNCTION.codeDir)).toBe(join("dist", name));
    const build = [{ run: "npm run build", path: "./" }];
    expect(RESOURCE.actions).toEqual({ "pre-deploy": build, "pre-local": build });
  });

  it("runs as a role of its own", () => {
    expect(FUNCTION.roleArn).toBe(`acs:ram::1234567890123456:role/${role}`);
  });

  it("opens an HTTP trigger for the methods of the contract, and answers preflights itself", () => {
    expect(PROPS.triggers).toHaveLength(1);
    const { triggerType, triggerConfig } = PROPS.triggers[0];
    expect(triggerType).toBe("http");
    expect(triggerConfig).toEqual({
      authType: "anonymous",
      disableURLInternet: false,
      methods: ["GET", "HEAD", "POST", "OPTIONS"],
    });
  });

  it("limits what a stranger can make it cost", () => {
    expect(PROPS.asyncInvokeConfig.maxAsyncRetryAttempts).toBe(0);
    expect(PROPS.concurrencyConfig.reservedConcurrency).toBeGreaterThan(0);
    expect(PROPS.timeout).toBeLessThanOrEqual(10);
    // Built-in runtimes serve one request at a time; the API refuses the setting, fc3 does not.
    expect(PROPS).not.toHaveProperty("instanceConcurrency");
  });

  it("sets cpu and disk together, as FC wants it", () => {
    expect([typeof PROPS.cpu, typeof PROPS.diskSize]).toEqual(["number", "number"]);
    expect(PROPS.memorySize % 64).toBe(0);
  });

  describe("its variables", () => {
    const environment: Readonly<Record<string, unknown>> = PROPS.environmentVariables;

    it("survive the shell of s local", () => {
      for (const value of Object.values(FUNCTION.environment)) expect(value).not.toMatch(/["$`\\]/);
    });

    it("are texts with names that are not the platform's", () => {
      for (const [variable, value] of Object.entries(environment)) {
        expect(variable).toMatch(/^(?!FC_|ALIBABA_CLOUD_)[A-Za-z][A-Za-z0-9_]*$/);
        expect(value).toBeTypeOf("string");
      }
    });

    it("hold every setting that the code needs", () => {
      const needed = settings.filter((setting) => setting.needed).map((setting) => setting.name);
      expect(Object.keys(environment)).toEqual(expect.arrayContaining(needed));
    });

    it("are all read by the code, those in comments too, and none that it reads is missing", () => {
      const read = settings
        .map((setting) => setting.name)
        .filter((variable) => !NOT_FOR_S_YAML.test(variable));
      expect([...Object.keys(environment), ...commented].sort()).toEqual(
        [...read, ...KEYS_OF_ACCESS_YAML].sort(),
      );
    });

    it("leave room below FC's 4 KB for an RSA key", () => {
      const bytes = Object.entries(FUNCTION.environment).reduce(
        (sum, [variable, value]) => sum + variable.length + value.length,
        0,
      );
      expect(bytes).toBeLessThan(3000);
    });
  });

  it("answers when it is deployed", async () => {
    const world = emptyWorld(sandboxClock());
    classicWorld(world);
    const codeDir = codeDirWith({});
    await build({ outDir: codeDir, function: name, accessFile: join(ROOT, "access.yaml") });
    const target = await startFunction(world, { ...FUNCTION, codeDir });
    onTestFinished(() => target.stop());
    const origin = await listen(fcServer(world, [target]));
    const health = await fetch(`${origin}/healthz`);
    expect([health.status, await health.json()]).toMatchObject([200, { Status: "ok" }]);
    const head = await fetch(`${origin}/healthz`, { method: "HEAD" });
    expect([head.status, head.headers.get("content-type"), await head.text()]).toEqual([
      200,
      "application/json; charset=utf-8",
      "",
    ]);
    expect((await fetch(`${origin}${path}`, { method: "POST" })).status).toBe(401);
  });
});

it("s.yaml: one function assumes a role, the other does without it", () => {
  expect(FUNCTIONS["credentials"]?.environment["OSS_ROLE_ARN"]).toBe(
    "acs:ram::1234567890123456:role/oss-valet-client",
  );
  expect(TEXT.match(/OSS_ROLE_ARN:|STS_ENDPOINT:/g)).toHaveLength(2);
  expect(FUNCTIONS["uploads"]?.environment).toEqual({
    OSS_BUCKET: "examplebucket",
    OSS_REGION: "cn-hangzhou",
  });
});

it("s.yaml has no template that s would evaluate by surprise", () => {
  const templates = [...withoutComments(TEXT).matchAll(/\$\{([^}]*)\}/g)].map(([, inside]) => inside);
  expect([...new Set(templates)].sort()).toEqual([
    "config('AccountID')",
    "env('OSS_BUCKET')",
    "env('OSS_REGION', 'cn-hangzhou')",
    "vars.region",
  ]);
  expect(TEXT).not.toContain("<%");
});

describe("the domain in s.yaml's comments", () => {
  const { domain } = uncommented(TEXT, "domain");

  it("is a resource that can be used as it stands, without TLS below 1.2 and without weak ciphers", () => {
    expect(domain).toEqual({
      component: "fc3-domain",
      props: {
        region: FILE.resources.credentials.props.region,
        domainName: "sts.example.com",
        protocol: "HTTPS",
        routeConfig: { routes: expect.any(Array) },
        certConfig: { certId: "12345678" },
        tlsConfig: { minVersion: "TLSv1.2", maxVersion: "TLSv1.3", cipherSuites: expect.any(Array) },
      },
    });
    const { cipherSuites } = domain.props.tlsConfig;
    for (const suite of cipherSuites) expect(suite).toMatch(/^TLS_ECDHE_.*_GCM_SHA(256|384)$/);
  });

  it("leads each path to its function, and is what npm start has", () => {
    const routes: readonly (DomainRoute & { readonly qualifier: string })[] = domain.props.routeConfig.routes;
    const nameFor = (path: string) => routeFor(routes, path)?.functionName;
    expect(["/credentials", "/healthz", "/uploads", "/downloads"].map(nameFor)).toEqual([
      "oss-valet",
      "oss-valet",
      "oss-valet-uploads",
      "oss-valet-uploads",
    ]);
    expect(routes).toEqual(DOMAIN_ROUTES.map((route) => ({ ...route, qualifier: "LATEST" })));
    expect(Object.values(FUNCTIONS).map(({ name }) => name)).toEqual(["oss-valet", "oss-valet-uploads"]);
  });
});

function withoutComments(text: string): string {
  return text.replace(/(^|\s)#.*$/gm, "");
}

/** The commented block that starts with this key, without its `# `, parsed. */
function uncommented(text: string, key: string) {
  const [, block = ""] = new RegExp(`^( +# ${key}:\\n(?: +#   .*\\n?)*)`, "m").exec(text) ?? [];
  return parse(block.replace(/^ +# /gm, ""));
}

it("docs/settings.md has a row for every setting that is read, and marks those that are needed", () => {
  const rows = readFileSync(join(ROOT, "docs/settings.md"), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| `"));
  const rowOf = (name: string) =>
    rows.find(
      (row) => row.includes(`\`${name.replace("ALIBABA_CLOUD", "")}\``) || row.includes(`\`${name}\``),
    );
  const settings = [...CASES.flatMap((one) => one.settings), ...TELEMETRY_SETTINGS];
  expect(settings.filter(({ name }) => rowOf(name) === undefined)).toEqual([]);
  for (const { name, needed } of settings) expect(rowOf(name)?.includes("| yes |"), name).toBe(needed);
});
