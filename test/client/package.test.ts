import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { build } from "esbuild";
import { publint } from "publint";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ENGLISH } from "../../client/src/explain/english.ts";
import { CHROMIUM_PATH, startChromium } from "../support/chromium.ts";
import { type Packed, packedClient } from "./packed.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Gzipped bytes of all that an entry brings into an App's bundle: the most that it may have. */
const SIZES = {
  ".": 5380,
  "./zh": 2200,
  "./upload": 7100,
  "./forms": 3500,
  "./mini-program": 3500,
  "./ali-oss": 2600,
  "./alicloud": 300,
  "./react": 7120,
  "./vue": 7100,
};

type Entry = keyof typeof SIZES;

const ENTRIES = Object.keys(SIZES) as Entry[];

const PEERS = ["ali-oss", "@alicloud/credentials", "react", "vue"];

let client: Packed;

beforeAll(async () => {
  client = await packedClient();
  // The App has its framework already.
  for (const framework of ["react", "vue"])
    symlinkSync(join(ROOT, "node_modules", framework), join(client.folder, "node_modules", framework));
});
afterAll(() => client?.remove());

describe("the tarball", () => {
  it("has what is built, a page, a licence, and nothing else", () => {
    const others = client.files.filter((path) => !path.startsWith("dist/"));
    expect(others).toEqual(["LICENSE", "README.md", "package.json"]);
    expect(readFileSync(join(client.installed, "LICENSE"))).toEqual(readFileSync(join(ROOT, "LICENSE")));
  });

  it("has every entry as an ES module and as CommonJS, with declarations and source maps", () => {
    const names = ENTRIES.map((entry) => (entry === "." ? "index" : entry.slice(2)));
    for (const name of names)
      expect(client.files).toEqual(
        expect.arrayContaining([
          ...[".js", ".cjs", ".js.map", ".cjs.map"].map((end) => `dist/${name}${end}`),
          ...[".d.ts", ".d.cts"].map((end) => `dist/types/${name}${end}`),
        ]),
      );
  });

  it("exports every entry of the source", () => {
    const { exports } = manifest();
    expect(Object.keys(exports)).toEqual([...ENTRIES, "./package.json"]);
    const sources = ts.sys.readDirectory(join(ROOT, "client/src"), [".ts"], undefined, ["*"], 1);
    const entries = sources
      .map((path) => /([^/]+)\.ts$/.exec(path)?.[1])
      .filter((name) => !NO_ENTRY.has(name));
    expect(entries.map((name) => (name === "index" ? "." : `./${name}`)).sort()).toEqual([...ENTRIES].sort());
  });

  it("has no dependencies, and names no file of this machine", () => {
    expect(manifest().dependencies).toBeUndefined();
    for (const path of client.files.filter((each) => each.endsWith(".map"))) {
      const { sources } = JSON.parse(readFileSync(join(client.installed, path), "utf8")) as {
        readonly sources: readonly string[];
      };
      for (const source of sources) expect(source).toMatch(/^\.\.\/src\//);
    }
  });

  it("is clean for publint", async () => {
    const { messages } = await publint({ pkgDir: client.installed, strict: true, pack: false });
    expect(messages).toEqual([]);
  });

  it("has right types for every way to resolve them (attw)", async () => {
    const analysis = await checkPackage(createPackageFromTarballData(client.tarball));
    if (analysis.types === false) throw new Error("attw finds no types");
    expect(analysis.problems).toEqual([]);
    expect(Object.keys(analysis.entrypoints)).toEqual([...ENTRIES, "./package.json"]);
  }, 60_000);
});

describe("an empty project that installed it", () => {
  const NAMES: Readonly<Record<Entry, readonly string[]>> = {
    ".": ["ValetError", "createCredentials", "explainOssError"],
    "./zh": ["zh"],
    "./upload": ["list", "remove", "upload", "url"],
    "./forms": ["createForms"],
    "./mini-program": ["createUploads"],
    "./ali-oss": ["ossClient"],
    "./alicloud": ["credentialsProvider"],
    "./react": ["useUpload"],
    "./vue": ["useUpload"],
  };
  const SAME_ERROR = `
    const problems = [() => createCredentials({ endpoint: "nowhere" }), () => remove(undefined, "../x")];
    for (const problem of problems)
      try { await problem(); } catch (error) { console.log(error instanceof ValetError, error.code); }`;

  it("imports each entry as an ES module, with one ValetError", async () => {
    const output = await client.runNode(
      "use.mjs",
      `${ENTRIES.map((entry) => `console.log(Object.keys(await import("${nameOf(entry)}")).sort().join());`).join("")}
      import { createCredentials, ValetError } from "oss-valet-client";
      import { remove } from "oss-valet-client/upload";${SAME_ERROR}`,
    );
    expect(output.trim().split("\n")).toEqual([
      ...ENTRIES.map((entry) => NAMES[entry].join()),
      "true InvalidArgument",
      "true InvalidArgument",
    ]);
  });

  it("requires each entry as CommonJS, with one ValetError", async () => {
    const output = await client.runNode(
      "use.cjs",
      `${ENTRIES.map((entry) => `console.log(Object.keys(require("${nameOf(entry)}")).sort().join());`).join("")}
      const { createCredentials, ValetError } = require("oss-valet-client");
      const { remove } = require("oss-valet-client/upload");
      (async () => {${SAME_ERROR}})();`,
    );
    expect(output.trim().split("\n")).toEqual([
      ...ENTRIES.map((entry) => NAMES[entry].join()),
      "true InvalidArgument",
      "true InvalidArgument",
    ]);
  });

  it.each<[string, ts.CompilerOptions, string]>([
    [
      "nodenext",
      { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
      "ts",
    ],
    [
      "nodenext, CommonJS",
      { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
      "cts",
    ],
    ["bundler", { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler }, "ts"],
    [
      "node10",
      {
        module: ts.ModuleKind.CommonJS,
        moduleResolution: ts.ModuleResolutionKind.Node10,
        ignoreDeprecations: "6.0",
      },
      "ts",
    ],
  ])(
    "type-checks an App with moduleResolution %s, and finds the mistake in it",
    (_name, options, extension) => {
      const path = join(client.folder, `app.${extension}`);
      writeFileSync(path, APP);
      const all: ts.CompilerOptions = {
        ...options,
        target: ts.ScriptTarget.ES2022,
        lib: ["lib.es2022.d.ts", "lib.dom.d.ts"],
        types: [],
        strict: true,
        exactOptionalPropertyTypes: true,
        noEmit: true,
        skipDefaultLibCheck: true,
      };
      const program = ts.createProgram([path], all, hostFor(all));
      const found = ts
        .getPreEmitDiagnostics(program)
        .map(({ code, messageText }) => `${code} ${ts.flattenDiagnosticMessageText(messageText, " ")}`);
      expect(found).toEqual([expect.stringMatching(/^2345 .*'appToken' is missing/)]);
    },
  );
});

/** Reads the compiler's own libraries once for all programs. */
function hostFor(options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  return {
    ...host,
    getSourceFile(path, ...more) {
      if (!/[/\\]lib\.[^/\\]+\.d\.ts$/.test(path)) return host.getSourceFile(path, ...more);
      const file = libraries.get(path) ?? host.getSourceFile(path, ...more);
      if (file !== undefined) libraries.set(path, file);
      return file;
    },
  };
}

const libraries = new Map<string, ts.SourceFile>();

/** A program that uses every entry; its last line is the one mistake. */
const APP = `
import { createCredentials, explainOssError, ValetError, type Credentials } from "oss-valet-client";
import { upload, list, type UploadResult } from "oss-valet-client/upload";
import { zh } from "oss-valet-client/zh";
import { createForms } from "oss-valet-client/forms";
import { createUploads } from "oss-valet-client/mini-program";
import { ossClient } from "oss-valet-client/ali-oss";
import { credentialsProvider } from "oss-valet-client/alicloud";

declare class OSS { constructor(options: { bucket?: string; timeout?: number }); put(name: string): Promise<void>; }
const credentials = createCredentials({ endpoint: "/credentials", appToken: () => "jwt" });
export async function run(file: File): Promise<UploadResult> {
  const { prefix, expiresAt }: Credentials = await credentials.get();
  await list(credentials, { prefix });
  await (await ossClient(OSS, credentials, { timeout: 60_000 })).put("a.txt");
  const { expiration }: { expiration: Date } = await credentialsProvider(credentials).getCredentials();
  const forms = createForms({ endpoint: "https://valet.example.com/uploads", appToken: () => "jwt" });
  const uploads = createUploads({ endpoint: "https://valet.example.com/uploads", appToken: () => "jwt" });
  const { key } = await uploads.upload({ filePath: "wxfile://tmp/a.jpg", name: (await forms.urls(["a.jpg"])).join() });
  const seconds: number = expiresAt.getTime() - credentials.now() + expiration.getTime();
  try {
    return await upload(credentials, file, { concurrency: seconds, forms, name: key }).done;
  } catch (error) {
    const { cause, fix, learnMore = "" } = explainOssError(error, zh);
    if (error instanceof ValetError && error.code === "AccessDenied") throw new Error(cause + fix + learnMore);
    throw error;
  }
}
createCredentials({ endpoint: "/credentials" });
`;

describe.skipIf(CHROMIUM_PATH === undefined)("a page in Chromium, without a bundler (CHROMIUM_PATH)", () => {
  let server: Server;

  beforeAll(async () => {
    server = createServer((request, response) => {
      const path = new URL(request.url ?? "", "http://page").pathname;
      const isModule = /^\/dist\/[a-z0-9-]+\.js$/.test(path);
      response.writeHead(isModule || path === "/" ? 200 : 404, {
        "Content-Type": isModule ? "text/javascript" : "text/html",
      });
      response.end(isModule ? readFileSync(join(client.installed, path)) : PAGE);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterAll(() => server?.close());

  it("loads every entry that needs no framework, and has one ValetError", async () => {
    const browser = await startChromium();
    try {
      const page = await browser.newPage();
      const faults: string[] = [];
      const faulty = new Promise<void>((resolve) => {
        const add = (fault: string) => {
          faults.push(fault);
          resolve();
        };
        page.on("pageerror", (error) => add(error.message));
        page.on("console", (message) => message.type() === "error" && add(message.text()));
      });
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await Promise.race([page.waitForSelector("output:not(:empty)"), faulty]);
      expect(faults).toEqual([]);
      expect(JSON.parse((await page.textContent("output")) ?? "")).toEqual({
        key: "STS.key",
        prefix: "users/alice/",
        client: "function",
        code: "InvalidArgument",
        isValetError: true,
        cause: "凭证已过期。",
      });
    } finally {
      await browser.close();
    }
  });
});

const PAGE = `<!doctype html><link rel="icon" href="data:,"><output></output><script type="module">
import { createCredentials, explainOssError, ValetError } from "/dist/index.js";
import { ossClient } from "/dist/ali-oss.js";
import { remove } from "/dist/upload.js";
import { zh } from "/dist/zh.js";
const now = new Date().toISOString().slice(0, 19);
const body = {
  StatusCode: "200", Code: "Success", AccessKeyId: "STS.key", AccessKeySecret: "secret", SecurityToken: "token",
  LastUpdated: now + "Z", Expiration: new Date(Date.now() + 3_600_000).toISOString().slice(0, 19) + "Z",
  RequestId: "r", SessionName: "alice", OssRegion: "cn-hangzhou", OssBucket: "examplebucket",
  OssEndpoint: "https://oss-cn-hangzhou.aliyuncs.com", KeyPrefix: "users/alice/", Permissions: "read,write",
};
const credentials = createCredentials({
  endpoint: "/credentials", appToken: () => "jwt", fetch: async () => Response.json(body),
});
const { accessKeyId: key, prefix } = await credentials.get();
const error = await remove(credentials, "../x").catch((thrown) => thrown);
document.querySelector("output").textContent = JSON.stringify({
  key, prefix, client: typeof ossClient, code: error.code, isValetError: error instanceof ValetError,
  cause: explainOssError({ code: "SecurityTokenExpired" }, zh).cause,
});
</script>`;

describe("a bundle", () => {
  it.each(ENTRIES)("of %s stays within its size", async (entry) => {
    const text = await bundleOf(`export * from "${nameOf(entry)}";`);
    expect(gzipSync(text, { level: 9 }).length).toBeLessThanOrEqual(SIZES[entry]);
  });

  it("of an import without a name is empty", async () => {
    expect(await bundleOf(ENTRIES.map((entry) => `import "${nameOf(entry)}";`).join(""))).toBe("");
  });

  it("of createCredentials leaves the explanations out", async () => {
    const sentence = ENGLISH["0003-00000301|authorizer's policy"][0];
    expect(await bundleOf('export { explainOssError } from "oss-valet-client";')).toContain(sentence);
    const text = await bundleOf('export { createCredentials } from "oss-valet-client";');
    expect(text).not.toContain(sentence);
    expect(gzipSync(text, { level: 9 }).length).toBeLessThanOrEqual(3420);
  });

  it("needs nothing of Node.js", async () => {
    const text = await bundleOf(
      ENTRIES.map((entry, index) => `export * as e${index} from "${nameOf(entry)}";`).join(""),
    );
    expect(text).not.toMatch(/\bprocess\.|\brequire\(|\bBuffer\.|["']node:/);
  });
});

/** What an App's bundler makes of a program. */
async function bundleOf(program: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: client.folder },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    external: PEERS,
    write: false,
    logLevel: "silent",
  });
  return outputFiles[0]?.text.trim() ?? "";
}

function nameOf(entry: string): string {
  return `oss-valet-client${entry.slice(1)}`;
}

interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies?: object;
}

function manifest(): Manifest {
  return JSON.parse(readFileSync(join(client.installed, "package.json"), "utf8")) as Manifest;
}

/** Files directly below client/src that are no entries. */
const NO_ENTRY: ReadonlySet<string | undefined> = new Set(["failure", "live-credentials", "valet-error"]);
