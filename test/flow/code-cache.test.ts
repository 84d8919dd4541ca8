import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import jwt from "jsonwebtoken";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type BuildReport, build, type FunctionName } from "../../cli/build/build.ts";
import { makeCodeCache } from "../../cli/build/code-cache.ts";
import { buildOrExplain } from "../../cli/build/explained.ts";
import { fcEvent } from "../support/fc-events.ts";
import { functionSettings, JWT_SECRET as SECRET } from "../support/function-settings.ts";
import { type StubSts, startStubSts } from "../support/stub-sts.ts";
import { ACCESS_WITH_SECRET, rulesOf } from "../support/valet.ts";

const parent = mkdtempSync(join(tmpdir(), "oss-valet-code-cache-"));
const BUILT = join(parent, "built");
let stub: StubSts;
let report: BuildReport;

beforeAll(async () => {
  stub = await startStubSts();
  report = await build({ outDir: BUILT, content: ACCESS_WITH_SECRET, codeCache: "make" });
});
afterAll(async () => {
  await stub.close();
  rmSync(parent, { recursive: true });
});

it("a build for a deployment puts a cache beside each file, made by refusals and first credentials", () => {
  const cached = ["index", "sts", "server", "token-guard"];
  expect(report.codeCache).toEqual({ made: true, files: cached, warm: true });
  const names = cached.flatMap((name) => [`${name}.cache`, `${name}.code.js`, `${name}.js`]);
  // Only settings, or an STS in trouble, load them.
  const others = [
    "queue.js",
    "rate-limit.js",
    "redis-store.js",
    "retries.js",
    "shared-cache.js",
    "telemetry.js",
  ];
  expect(readdirSync(BUILT).sort()).toEqual([...names, "package.json", ...others].sort());
  expect(report.files.map(({ name }) => name).sort()).toEqual(
    [...cached.map((name) => `${name}.code.js`), ...others].sort(),
  );
});

describe("the built function", () => {
  it("uses the caches of its own code and of the SDK", async () => {
    expect(await ask(BUILT)).toEqual({ refused: 401, prefix: "users/alice/", warnings: [] });
  });

  it("uses them where its folder is another one", async () => {
    expect(await ask(changed("moved", {}))).toEqual({ refused: 401, prefix: "users/alice/", warnings: [] });
  });

  it("runs the rules that its code has, although its cache has others of the same length", async () => {
    const rules = (code: Buffer) => replaced(code, '"users"', '"teams"');
    expect(await ask(changed("other-rules", { "index.code.js": rules }))).toEqual({
      refused: 401,
      prefix: "teams/alice/",
      warnings: ["index.js: it does not belong to this code, or is damaged"],
    });
  });

  it.each<[string, string, (content: Buffer) => Buffer, string]>([
    [
      "of another V8",
      "index.cache",
      (cache) => replaced(cache, process.versions.v8, "11.3.0"),
      "was not made by",
    ],
    ["that ends early", "index.cache", (cache) => cache.subarray(0, cache.length / 2), "does not belong"],
    ["that is empty", "index.cache", () => Buffer.alloc(0), "was not made by"],
    [
      "with a flipped bit in its data",
      "index.cache",
      (cache) => flipped(cache, cache.length - 1000),
      "does not belong",
    ],
    [
      "with a flipped bit in its digest",
      "index.cache",
      (cache) => flipped(cache, cache.indexOf("\n") - 5),
      "does not belong",
    ],
  ])("compiles its code with a cache %s", async (name, file, change, because) => {
    expect(await ask(changed(name.replaceAll(" ", "-"), { [file]: change }))).toEqual({
      refused: 401,
      prefix: "users/alice/",
      warnings: [expect.stringContaining(`index.js: it ${because}`)],
    });
  });

  it("compiles the SDK with a damaged cache of the SDK", async () => {
    expect(await ask(changed("sdk", { "sts.cache": (cache) => flipped(cache, 5000) }))).toEqual({
      refused: 401,
      prefix: "users/alice/",
      warnings: ["sts.js: it does not belong to this code, or is damaged"],
    });
  });

  it("compiles its code without the files of its caches", async () => {
    const folder = changed("missing", {});
    for (const name of ["index", "sts"]) rmSync(join(folder, `${name}.cache`));
    expect(await ask(folder)).toEqual({
      refused: 401,
      prefix: "users/alice/",
      warnings: ["index.js: there is none", "sts.js: there is none"],
    });
  });

  it("compiles its code where Node.js has a V8 flag", async () => {
    const because = "V8 rejects it, as it does when Node.js has a V8 flag";
    expect(await ask(BUILT, ["--max-old-space-size=200"])).toEqual({
      refused: 401,
      prefix: "users/alice/",
      warnings: [`index.js: ${because}`, `sts.js: ${because}`],
    });
  });

  it("is the same as a server", async () => {
    expect(await askServer(BUILT)).toEqual({ prefix: "users/alice/", warnings: [] });
    const damaged = changed("server", { "server.cache": (cache) => flipped(cache, 5000) });
    expect(await askServer(damaged)).toEqual({
      prefix: "users/alice/",
      warnings: ["server.js: it does not belong to this code, or is damaged"],
    });
  });
});

describe("the build", () => {
  const issuer = { name: "login", issuer: "https://login.example.com", audience: "photo-app" };
  const rule = { name: "own folder", allow: ["read"], prefix: "users/{sub}/" };
  it.each<[string, FunctionName, object]>([
    [
      "of a key set",
      "credentials",
      { issuers: [{ ...issuer, jwks: "https://login.example.com/keys" }], rules: [rule] },
    ],
    ["of OpenID Connect Discovery", "credentials", { issuers: [issuer], rules: [rule] }],
    [
      "of a public key, numbers as users, other claims and a type",
      "credentials",
      {
        issuers: [
          {
            ...issuer,
            publicKey: "JWT_PUBLIC_KEY",
            algorithms: ["ES256"],
            user: "uid",
            userType: "integer",
            tokenTypes: ["at+jwt"],
            requiredClaims: ["tenant"],
          },
        ],
        rules: [{ name: "teams", when: { role: ["editor"] }, allow: ["read"], prefix: "teams/{team}/" }],
      },
    ],
    [
      "of forms",
      "uploads",
      {
        ...ACCESS_WITH_SECRET,
        rules: [{ ...rule, allow: ["upload"], upload: { maxBytes: 1000, contentTypes: ["image/*"] } }],
      },
    ],
  ])("makes tokens for the rules %s", async (name, of, content) => {
    const outDir = join(parent, name.replaceAll(/\W+/g, "-"));
    const { codeCache } = await build({ outDir, content, function: of, codeCache: "make" });
    expect(codeCache).toMatchObject({ made: true, warm: true });
  });

  it("leaves its files as they are when no cache can be made, and says why", async () => {
    const folder = mkdtempSync(join(parent, "broken-"));
    const files = { "index.js": "throw new Error('not today');", "server.js": "" };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const rules = rulesOf(ACCESS_WITH_SECRET);
    expect(await makeCodeCache({ outDir: folder, entries: ["index", "server"], rules })).toEqual({
      made: false,
      because: "index.js could not be warmed up: Error: not today",
    });
    expect(readdirSync(folder).sort()).toEqual(["index.js", "server.js"]);
    expect(readFileSync(join(folder, "index.js"), "utf8")).toBe(files["index.js"]);
  });

  it("makes none with CODE_CACHE=off, removes those of an earlier build, and says what it made", async () => {
    const folder = changed("twice", {});
    const lines = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    vi.stubEnv("CODE_CACHE", "off");
    expect(await buildOrExplain({ outDir: folder, content: ACCESS_WITH_SECRET })).toBe(true);
    expect(readdirSync(folder).sort()).toEqual([
      "index.js",
      "package.json",
      "queue.js",
      "rate-limit.js",
      "redis-store.js",
      "retries.js",
      "server.js",
      "shared-cache.js",
      "sts.js",
      "telemetry.js",
      "token-guard.js",
    ]);
    expect(lines.mock.calls.join()).not.toContain("code cache");
    vi.unstubAllEnvs();
    expect(await buildOrExplain({ outDir: folder, content: ACCESS_WITH_SECRET })).toBe(true);
    expect(lines.mock.calls.join()).toContain(
      `code cache for V8 ${process.versions.v8}: index.cache, sts.cache, server.cache, token-guard.cache\n`,
    );
    lines.mockRestore();
    expect(await ask(folder)).toEqual({ refused: 401, prefix: "users/alice/", warnings: [] });
  });
});

/** A copy of the built folder with some files changed. */
function changed(name: string, changes: Readonly<Record<string, (content: Buffer) => Buffer>>): string {
  const folder = join(parent, `copy-${name}`);
  cpSync(BUILT, folder, { recursive: true });
  for (const [file, change] of Object.entries(changes)) {
    const path = join(folder, file);
    writeFileSync(path, change(readFileSync(path)));
  }
  return folder;
}

/** Throws where there is nothing to replace. */
function replaced(content: Buffer, from: string, to: string): Buffer {
  const text = content.toString("latin1");
  if (!text.includes(from)) throw new Error(`no ${from}`);
  return Buffer.from(text.replace(from, to), "latin1");
}

function flipped(content: Buffer, at: number): Buffer {
  const copy = Buffer.from(content);
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}

function tokenOf(user: string): string {
  const options = { issuer: "https://login.example.com/", audience: "photo-app", expiresIn: 600 } as const;
  return jwt.sign({ sub: user }, SECRET, options);
}

function settings(): Readonly<Record<string, string>> {
  return functionSettings(stub.host, { PORT: "0" });
}

const ASK = `
  const { handler } = require(process.env.BUNDLE);
  const ask = async (token) => {
    const event = JSON.parse(process.env.EVENT);
    event.headers = token === undefined ? {} : { Authorization: "Bearer " + token };
    return handler(Buffer.from(JSON.stringify(event)), {});
  };
  (async () => {
    const refused = await ask(undefined);
    const vended = await ask(process.env.TOKEN);
    const result = { refused: refused.statusCode, prefix: JSON.parse(vended.body).KeyPrefix };
    process.stdout.write(JSON.stringify({ result }) + "\\n", () => process.exit(0));
  })();`;

/** What a new process with the folder's handler answers, and the warnings in its log. */
async function ask(folder: string, flags: readonly string[] = []): Promise<object> {
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, "-e", ASK], {
    env: {
      ...settings(),
      BUNDLE: join(folder, "index.js"),
      EVENT: JSON.stringify(fcEvent()),
      TOKEN: tokenOf("alice"),
    },
  });
  const lines = linesOf(stdout);
  return { ...lines.find(({ result }) => result !== undefined)?.result, warnings: warningsIn(lines) };
}

/** What a new process with the folder's server answers, and the warnings in its log. */
async function askServer(folder: string): Promise<object> {
  const child = spawn(process.execPath, [join(folder, "server.js")], { env: settings() });
  let log = "";
  child.stdout.on("data", (text: Buffer) => {
    log += text.toString("utf8");
  });
  const ended = once(child, "close");
  const port = await new Promise<string>((resolve, reject) => {
    child.stderr.on("data", (text: Buffer) => {
      const found = /http:\/\/127\.0\.0\.1:(\d+)/.exec(text.toString("utf8"))?.[1];
      if (found === undefined) reject(new Error(text.toString("utf8")));
      else resolve(found);
    });
  });
  const headers = { Authorization: `Bearer ${tokenOf("alice")}` };
  const response = await fetch(`http://127.0.0.1:${port}/credentials`, { headers });
  const { KeyPrefix } = (await response.json()) as { readonly KeyPrefix: string };
  child.kill();
  await ended;
  return { prefix: KeyPrefix, warnings: warningsIn(linesOf(log)) };
}

interface LogLine {
  readonly result?: object;
  readonly warning?: string;
}

function linesOf(log: string): readonly LogLine[] {
  return log
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as LogLine);
}

/** `index.js: why`. */
function warningsIn(lines: readonly LogLine[]): readonly string[] {
  const form = /^the code cache of (.*) is not used: (.*)\. This costs time at the start, and nothing else$/;
  return lines.flatMap(({ warning }) => (warning === undefined ? [] : [warning.replace(form, "$1: $2")]));
}
