import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { cacheFrom } from "../../functions/http/cache-settings.ts";
import { LOG_MS } from "../../functions/http/graceful-stop.ts";
import { rateLimitFrom } from "../../functions/http/rate-limit-settings.ts";
import { settingsOf } from "../../functions/http/settings.ts";
import { principalLimit } from "../../shared/adapters/rate-limit/principal-limit.ts";
import { redisStore } from "../../shared/adapters/redis-store.ts";
import { sessionNameFor } from "../../shared/domain/policy/session-name.ts";
import { containerImageFrom, finalStageOf } from "../support/container-image.ts";
import { dockerIgnoreFrom } from "../support/docker-context.ts";
import { freePort } from "../support/free-port.ts";
import { REDIS_SERVER_PATH } from "../support/redis-server.ts";
import { settingNames } from "../support/settings-doc.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (name: string): string => readFileSync(join(ROOT, "container", name), "utf8");
const COMPOSE = parse(read("compose.yaml"));
const { valet, redis } = COMPOSE.services;
const FINAL = finalStageOf(containerImageFrom(read("Dockerfile")));
const ENV = variablesIn(read("valet.env.example"));

describe("container/compose.yaml, the server", () => {
  it("is built by the Dockerfile from the project's folder", () => {
    expect(existsSync(join(ROOT, "container", valet.build.context, valet.build.dockerfile))).toBe(true);
    expect(existsSync(join(ROOT, "container", valet.build.context, "package.json"))).toBe(true);
  });

  it("has the image's user, command, check and environment: nothing here replaces them", () => {
    expect(valet.user).toBe(FINAL.user);
    expect(
      Object.keys(valet).filter((key) =>
        ["command", "entrypoint", "healthcheck", "privileged"].includes(key),
      ),
    ).toEqual([]);
    expect(Object.keys(valet.environment)).toEqual(["CREDENTIAL_CACHE"]);
  });

  it("is reached on this machine's loopback, at the image's port", () => {
    expect(valet.ports).toEqual([`127.0.0.1:${FINAL.ports[0]}:${FINAL.ports[0]}`]);
  });

  it("is given more time after SIGTERM than the server needs at most", () => {
    expect(valet.stop_grace_period).toMatch(/^\d+s$/);
    expect(Number.parseInt(valet.stop_grace_period, 10) * 1000).toBeGreaterThan(LOG_MS);
  });

  it("does not wait for a Redis that is broken: the server works without", () => {
    expect(valet.depends_on.redis.required).toBe(false);
  });
});

describe.each([
  ["server", valet],
  ["Redis", redis],
])("container/compose.yaml, what the %s may do", (_name, service) => {
  it("is nothing beyond its own work: no writing, no capability, no new privilege, no root", () => {
    expect(service.read_only).toBe(true);
    expect(service.cap_drop).toEqual(["ALL"]);
    expect(service.cap_add).toBeUndefined();
    expect(service.security_opt).toEqual(["no-new-privileges:true"]);
    expect(service.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(service.mem_limit).toMatch(/^\d+m$/);
    expect(service.pids_limit).toBeGreaterThan(0);
    expect(service.restart).toBe("unless-stopped");
  });
});

describe("container/valet.env.example", () => {
  it("names settings that docs/settings.md explains, and gives no value to a secret", () => {
    const known = settingNames("functions");
    expect(Object.keys(ENV).filter((name) => !known.includes(name))).toEqual(["REDIS_PASSWORD"]);
    const secret = Object.entries(ENV).filter(([name]) => /SECRET|KEY|PASSWORD|TOKEN/.test(name));
    expect(secret.map(([name]) => name)).toEqual([
      "ALIBABA_CLOUD_ACCESS_KEY_ID",
      "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
      "CREDENTIAL_CACHE_KEY",
      "REDIS_PASSWORD",
    ]);
    expect(secret.map(([, value]) => value)).toEqual(["", "", "", ""]);
  });

  it("has values that the server takes", () => {
    const settings = settingsOf({ ...ENV, ...expanded(valet.environment), CREDENTIAL_CACHE_KEY: KEY });
    expect(rateLimitFrom(settings)).toBeDefined();
    expect(cacheFrom(settings)).toBeDefined();
    expect(settings.problems).toEqual([]);
  });

  it("becomes valet.env, which gets neither into the build nor into Git", () => {
    expect(valet.env_file).toBe("valet.env");
    expect(dockerIgnoreFrom(read("Dockerfile.dockerignore")).lets("container/valet.env")).toBe(false);
    expect(readFileSync(join(ROOT, ".gitignore"), "utf8").split("\n")).toContain("valet.env");
  });
});

describe("container/compose.yaml, the Redis", () => {
  const conf = COMPOSE.configs.redis.content as string;

  it("has a version, no port of the machine, and no way out", () => {
    expect(redis.image).toMatch(/^redis:\d+\.\d+-bookworm$/);
    expect(redis.ports).toBeUndefined();
    expect(redis.networks).toEqual(["cache"]);
    expect(COMPOSE.networks.cache.internal).toBe(true);
    expect(redis.command).toEqual(["redis-server", redis.configs[0].target]);
  });

  it("keeps nothing on a disk, and makes room when it is full", () => {
    expect(conf).toMatch(/^save ""$/m);
    expect(conf).toMatch(/^appendonly no$/m);
    expect(conf).toMatch(/^maxmemory \d+mb$/m);
    expect(conf).toMatch(/^maxmemory-policy volatile-ttl$/m);
    const megabytes = Number(/^maxmemory (\d+)mb$/m.exec(conf)?.[1]);
    expect(Number.parseInt(redis.mem_limit, 10)).toBeGreaterThan(megabytes);
  });

  it("gets its password from outside, and never on a command line", () => {
    expect(
      read("compose.yaml")
        .match(/\$\{\w+/g)
        ?.every((name) => name === "${REDIS_PASSWORD"),
    ).toBe(true);
    expect(JSON.stringify([redis.command, redis.healthcheck])).not.toContain("PASSWORD");
  });

  it.runIf(REDIS_SERVER_PATH !== undefined)(
    "is healthy by its check, knows the server's account, and that account may do what the server does, no more",
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "oss-valet-compose-"));
      const port = await freePort();
      const file = join(folder, "redis.conf");
      writeFileSync(
        file,
        `bind 127.0.0.1\ndir ${folder}\n${expandedText(conf)}`.replace(/^port 6379$/m, `port ${port}`),
      );
      const child = spawn(REDIS_SERVER_PATH ?? "", [file], { stdio: ["ignore", "pipe", "inherit"] });
      try {
        for await (const line of createInterface({ input: child.stdout }))
          if (line.includes("Ready to accept connections")) break;
        child.stdout.resume();
        const check = (...command: readonly string[]) => cli(port, command);
        const [, , ...arguments_] = redis.healthcheck.test as readonly string[];
        expect(redis.healthcheck.test.slice(0, 2)).toEqual(["CMD", "redis-cli"]);
        expect(check(...arguments_)).toMatchObject({ status: 0, stdout: "PONG\n" });
        expect(check("-e", "ping").status).toBe(1);
        expect(check("--user", "valet", "set", "other", "1").stdout).toMatch(/NOPERM/);
        expect(check("--user", "valet", "flushall").stdout).toMatch(/NOPERM/);
        expect(check("--user", "valet", "config", "get", "*").stdout).toMatch(/NOPERM/);

        const url = expanded(valet.environment)["CREDENTIAL_CACHE"]?.replace(
          "@redis:6379",
          `@127.0.0.1:${port}`,
        );
        const warnings: string[] = [];
        await usedBy(String(url), warnings);
        expect(warnings).toEqual([]);
      } finally {
        child.kill("SIGKILL");
        await once(child, "close");
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});

/** As the server uses it: credentials of the cache, and two instances that count together. */
async function usedBy(url: string, warnings: string[]): Promise<void> {
  const store = redisStore({ url, onWarning: (line) => warnings.push(line), patienceMs: 60_000 });
  const taken = await store.take("alice", { nowMs: 1, lockMs: 60_000 });
  expect(taken).toMatchObject({ value: undefined, lock: { token: expect.any(String) } });
  await store.keep("alice", { value: Buffer.from("credentials"), freshUntilMs: 9, lifeMs: 60_000 }, "");
  expect((await store.peek("alice"))?.toString()).toBe("credentials");
  const alice = sessionNameFor({ issuerUrl: "https://login.example.com/", user: "alice" });
  const instance = () =>
    principalLimit({
      limit: { requests: 1, seconds: 3600 },
      shared: { scripts: store, secret: Buffer.from(KEY, "base64"), scope: "test" },
    });
  expect(await instance().count(alice)).toBeUndefined();
  expect(await instance().count(alice)).toMatchObject({ ok: false, refusal: { code: "RATE_LIMITED" } });
  await store.close();
}

const KEY = Buffer.alloc(32, 7).toString("base64");
const PASSWORD = "5f1c0d9a7b3e4826";

/** As compose puts REDIS_PASSWORD in. */
function expandedText(text: string): string {
  return text.replaceAll(/\$\{REDIS_PASSWORD(:\?[^}]*)?\}/g, PASSWORD);
}

function expanded(values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, expandedText(value)]));
}

function variablesIn(text: string): Readonly<Record<string, string>> {
  const lines = text.split("\n").filter((line) => /^\w+=/.test(line));
  return Object.fromEntries(
    lines.map((line) => [line.split("=")[0] ?? "", line.slice(line.indexOf("=") + 1)]),
  );
}

function cli(port: number, command: readonly string[]) {
  const program = join(dirname(REDIS_SERVER_PATH ?? ""), "redis-cli");
  const environment = { PATH: "/usr/bin:/bin", REDISCLI_AUTH: PASSWORD };
  return spawnSync(program, ["-h", "127.0.0.1", "-p", String(port), ...command], {
    encoding: "utf8",
    env: environment,
  });
}
