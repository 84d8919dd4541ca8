import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import type { CredentialsBody } from "../../shared/wire.ts";
import { auditLinesIn } from "../support/audit-lines.ts";
import {
  type Contained,
  environmentOf,
  healthcheckOf,
  notContained,
  startContained,
  type Way,
  writableFiles,
} from "../support/contained.ts";
import { containerImageFrom, finalStageOf } from "../support/container-image.ts";
import {
  filesBelow,
  librariesOfNode,
  type Rootfs,
  rootfsOf,
  stateOf,
  statusOf,
} from "../support/container-rootfs.ts";
import { keptRsaKey } from "../support/kept-key.ts";
import { settingsFor } from "../support/sandbox-settings.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (name: string): string => readFileSync(join(ROOT, "container", name), "utf8");
const IMAGE = containerImageFrom(read("Dockerfile"));
const FINAL = finalStageOf(IMAGE);

const folder = mkdtempSync(join(tmpdir(), "oss-valet-image-"));
let sandbox: Sandbox;
let rootfs: Rootfs;

const why = notContained();
if (why !== undefined) process.stderr.write(`The container's isolation is not tested here: ${why}.\n`);

beforeAll(async () => {
  sandbox = await startSandbox({ issuerKey: keptRsaKey("issuer", 2_048) });
  const { issuer } = sandbox;
  const access = {
    issuers: [{ name: "login", issuer: issuer.url, audience: issuer.audience, jwks: issuer.jwksUrl }],
    rules: [
      { name: "own folder", allow: ["read", "write"], prefix: "users/{sub}/" },
      {
        name: "photos",
        allow: ["upload"],
        prefix: "photos/{sub}/",
        upload: { maxBytes: 2_000_000, contentTypes: ["image/jpeg"] },
      },
    ],
  };
  rootfs = rootfsOf({
    image: IMAGE,
    ignore: read("Dockerfile.dockerignore"),
    context: ROOT,
    change: { "access.yaml": JSON.stringify(access) },
    install: (project) => symlinkSync(join(ROOT, "node_modules"), join(project, "node_modules")),
    folder,
  });
}, 240_000);

afterAll(async () => {
  await sandbox?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe("the files of the image", () => {
  it("are Node.js, the server, what it loads on demand, and nothing else", () => {
    expect(rootfs.files).toEqual([
      "/nodejs/LICENSE",
      "/nodejs/node",
      "/oss-valet/package.json",
      "/oss-valet/queue.js",
      "/oss-valet/rate-limit.js",
      "/oss-valet/redis-store.js",
      "/oss-valet/retries.js",
      "/oss-valet/server.cache",
      "/oss-valet/server.code.js",
      "/oss-valet/server.js",
      "/oss-valet/shared-cache.js",
      "/oss-valet/sts.cache",
      "/oss-valet/sts.code.js",
      "/oss-valet/sts.js",
      "/oss-valet/telemetry.js",
      "/oss-valet/token-guard.cache",
      "/oss-valet/token-guard.code.js",
      "/oss-valet/token-guard.js",
    ]);
  });

  it("have every file that another one requires beside it", () => {
    const code = rootfs.files.filter((path) => path.endsWith(".js"));
    const required = code.flatMap((path) =>
      [...readFileSync(join(rootfs.root, path), "utf8").matchAll(/require\("\.\/([\w-]+\.js)"\)/g)].map(
        ([, name]) => `/oss-valet/${name}`,
      ),
    );
    expect(required).toContain("/oss-valet/sts.js");
    expect(required.filter((path) => !rootfs.files.includes(path))).toEqual([]);
  });

  it("belong to root, and nobody else may write them", () => {
    expect(writableFiles(join(rootfs.root, "oss-valet"))).toEqual([]);
    expect(writableFiles(join(rootfs.root, "nodejs"))).toEqual([]);
  });

  it("need no library that the base image lacks", () => {
    // Source: distroless, cc: libgcc-s1, libgomp1 and libstdc++6 on top of libc6, which has the others.
    const IN_BASE = /^(ld-linux-[\w-]+|libc|libdl|libm|libpthread|libgcc_s|libstdc\+\+)\.so\.\d+$/;
    const needed = librariesOfNode().map((path) => basename(path));
    expect(needed.length).toBeGreaterThan(3);
    expect(needed.filter((name) => !IN_BASE.test(name))).toEqual([]);
  });

  it("take less than 1.5 MB beside Node.js", () => {
    const bytes = rootfs.files
      .filter((path) => path.startsWith("/oss-valet/"))
      .reduce((sum, path) => sum + statSync(join(rootfs.root, path)).size, 0);
    expect(bytes).toBeLessThan(1_500_000);
  });
});

/** Everything but what an engine has and a process of this machine lacks: a root, an own user, own process ids. */
const WAYS: readonly Way[] = ["plain", "contained"];

describe.each(WAYS)("the image's command, %s", (way) => {
  let server: Contained;
  let before: readonly string[];

  it.runIf(way === "plain" || why === undefined)(
    "serves an exchange, forms and its health, then ends in order, and writes nothing",
    { timeout: 60_000 },
    async () => {
      before = stateOf(rootfs.root);
      server = await startContained(FINAL, rootfs.root, { way, settings: settings() });
      try {
        expect(await server.healthcheck({ PORT: new URL(server.origin).port })).toBe(0);
        expect(await statusAt("/healthz")).toBe(200);

        const answer = await asked("/credentials");
        expect(answer.status).toBe(200);
        const body = (await answer.json()) as CredentialsBody;
        expect(body.KeyPrefix).toBe("users/alice/");
        expect(sandbox.world.sessions.get(body.AccessKeyId)?.policy).toContain("/users/alice/*");
        const forms = await asked("/uploads", { files: [{ name: "a.jpg", contentType: "image/jpeg" }] });
        expect(forms.status).toBe(200);
        expect((await asked("/downloads", { keys: ["users/alice/a.jpg"] })).status).toBe(200);
        expect(await statusAt("/credentials")).toBe(401);

        if (way === "contained") isIsolated(server);
        hasNoOtherEnvironment(server);

        // A request waits for STS when the signal comes.
        sandbox.faults.add({ service: "sts", fault: { kind: "slow", ms: 1_000 }, times: 9 });
        const late = asked("/credentials", undefined, "bob");
        await expect.poll(() => sandbox.faults.list()[0]?.times).toBeLessThan(9);
        server.signal("SIGTERM");
        expect((await late).status).toBe(200);
        expect(await server.ended).toBe(0);
        expect(auditLinesIn(server.log()).at(-1)).toMatchObject({ path: "/credentials", status: 200 });
        // The log would have a line about a code cache that is not used.
        expect(server.errors()).toMatch(/^oss-valet listens on [^\n]+\n$/);
        expect(server.log()).not.toContain("warning");
        expect(stateOf(rootfs.root)).toEqual(before);
      } finally {
        sandbox.faults.clear();
        server.signal("SIGKILL");
      }
    },
  );

  function asked(path: string, body?: object, user = "alice"): Promise<Response> {
    return fetch(`${server.origin}${path}`, {
      headers: { Authorization: `Bearer ${sandbox.issuer.token({ sub: user })}` },
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    });
  }

  async function statusAt(path: string): Promise<number> {
    return (await fetch(`${server.origin}${path}`)).status;
  }
});

describe.runIf(why === undefined)("the image as an engine starts it", () => {
  it("is healthy by its own environment and HEALTHCHECK, at every address, on the port of EXPOSE", async () => {
    const { PORT: _, HOST: __, ...rest } = settings();
    const server = await startContained(FINAL, rootfs.root, { way: "offline", settings: rest });
    try {
      expect(server.origin).toBe(`http://0.0.0.0:${FINAL.ports[0]}`);
      expect(await server.healthcheck()).toBe(0);
      // Nobody listens there: a server that hangs or is gone.
      expect(await server.healthcheck({ PORT: "9001" })).toBe(1);
      server.signal("SIGTERM");
      expect(await server.ended).toBe(0);
    } finally {
      server.signal("SIGKILL");
    }
  });

  it("ends with code 1, and says why, without its settings", async () => {
    await expect(startContained(FINAL, rootfs.root, { way: "offline", settings: {} })).rejects.toThrow(
      /ended with 1: oss-valet is not configured:[\s\S]*OSS_ROLE_ARN is not set/,
    );
  });

  it("serves without the code cache when another V8 has made it, and says so", {
    timeout: 60_000,
  }, async () => {
    const path = join(rootfs.root, "oss-valet/server.cache");
    const original = readFileSync(path);
    const made = Buffer.from(`V8 ${process.versions.v8} `);
    expect(original.subarray(0, made.length)).toEqual(made);
    try {
      writeFileSync(path, Buffer.concat([Buffer.from("V8 1.2.3-node.4 "), original.subarray(made.length)]));
      const server = await startContained(FINAL, rootfs.root, { way: "contained", settings: settings() });
      expect((await fetch(`${server.origin}/healthz`)).status).toBe(200);
      expect(server.log()).toMatch(
        /the code cache of server\.js is not used: it was not made by this engine/,
      );
      server.signal("SIGTERM");
      expect(await server.ended).toBe(0);
    } finally {
      writeFileSync(path, original);
    }
  });
});

describe("the HEALTHCHECK", () => {
  it.each([
    [200, 0],
    [503, 1],
    [404, 1],
  ])("asks /healthz of HOST and PORT, and for %i ends with %i", async (status, code) => {
    const asked: (string | undefined)[] = [];
    const server = createServer(({ method, url }, response) => {
      asked.push(`${method} ${url}`);
      response.writeHead(status).end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const settings = { HOST: "127.0.0.1", PORT: String(port) };
    expect(await healthcheckOf(FINAL, rootfs.root, settings)).toBe(code);
    expect(asked).toEqual(["GET /healthz"]);
    server.close();
    await once(server, "close");
    expect(await healthcheckOf(FINAL, rootfs.root, settings)).toBe(1);
  });
});

describe("what the build gets", () => {
  it("is what npm run build reads, and nothing that may have a secret", () => {
    const top = new Set(rootfs.context.map((path) => path.split("/")[0]));
    expect([...top].sort()).toEqual([
      "access.yaml",
      "cli",
      "client",
      "functions",
      "package-lock.json",
      "package.json",
      "sandbox",
      "scripts",
      "shared",
      "tsconfig.json",
    ]);
    expect(rootfs.context.filter((path) => path.startsWith("scripts/"))).toEqual([
      "scripts/with-dependencies.mjs",
    ]);
  });

  it("leaves neither access.yaml nor a source in the image", () => {
    const all = filesBelow(rootfs.root).join("\n");
    expect(all).not.toMatch(/\.(ts|map|yaml|env)$|npm|node_modules|\/bin\/|\.git/m);
  });
});

/** Process 1, the image's user, no capability, no new privileges, and a root that nobody can write. */
function isIsolated({ pid }: Contained): void {
  expect(statusOf(pid, "NSpid")?.split("\t").at(-1)).toBe("1");
  expect(statusOf(pid, "Uid")).toBe("65532\t65532\t65532\t65532");
  expect(statusOf(pid, "Gid")).toBe("65532\t65532\t65532\t65532");
  expect(statusOf(pid, "Groups")).toBe("");
  expect(Number(`0x${statusOf(pid, "CapEff")}`)).toBe(0);
  expect(Number(`0x${statusOf(pid, "CapPrm")}`)).toBe(0);
  expect(statusOf(pid, "NoNewPrivs")).toBe("1");
  expect(readFileSync(`/proc/${pid}/mounts`, "utf8")).toMatch(/^\S+ \/ \S+ ro,/m);
}

/** The settings, and what the image and its base set: no key is in the image. */
function hasNoOtherEnvironment(server: Contained): void {
  expect(Object.keys(environmentOf(server.pid)).sort()).toEqual(
    [...new Set(["PATH", ...Object.keys(FINAL.env), ...Object.keys(settings())])].sort(),
  );
  const inImage = JSON.stringify([FINAL.env, FINAL.labels, IMAGE.stages[0]?.env, IMAGE.stages[0]?.args]);
  expect(inImage).not.toMatch(/KEY|SECRET|TOKEN|PASSWORD/);
}

function settings(): Readonly<Record<string, string>> {
  return {
    HOST: "127.0.0.1",
    PORT: "0",
    ...settingsFor(sandbox),
  };
}
