import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { configFrom } from "../../functions/credentials/config.ts";
import { settingKeys } from "../../shared/adapters/fixed-keys.ts";
import { containerImageFrom, finalStageOf } from "../support/container-image.ts";
import { dockerIgnoreFrom } from "../support/docker-context.ts";
import { accessFile } from "../support/valet.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (name: string): string => readFileSync(join(ROOT, "container", name), "utf8");
const IMAGE = containerImageFrom(read("Dockerfile"));
const [BUILD] = IMAGE.stages;
const FINAL = finalStageOf(IMAGE);

describe("container/Dockerfile", () => {
  it("pins both images by a tag of the same Debian, and lets a mirror take their place", () => {
    expect(IMAGE.images).toEqual({
      BUILD_IMAGE: "node:20-bookworm-slim",
      BASE_IMAGE: "gcr.io/distroless/cc-debian12:nonroot",
    });
    expect(IMAGE.stages.map(({ from }) => from)).toEqual(Object.values(IMAGE.images));
  });

  it("builds with the major version of Node.js that s.yaml deploys on", () => {
    const [, major] = /runtime: nodejs(\d+)/.exec(readFileSync(join(ROOT, "s.yaml"), "utf8")) ?? [];
    expect(BUILD?.from).toMatch(new RegExp(`^node:${major}-`));
  });

  it("installs what the lock file names, without the scripts of packages, and builds as the project does", () => {
    const [install, build] = BUILD?.runs ?? [];
    expect(install).toMatch(/^npm ci .*--ignore-scripts/);
    expect(build).toMatch(/^npm run build && /);
  });

  it("runs nothing in the image itself, and adds to it only what the first stage has made", () => {
    expect(FINAL.runs).toEqual([]);
    expect(FINAL.copies.map(({ from }) => from)).toEqual(["build", "build"]);
  });

  it("runs as a user with a number, that of the base image, which is not root", () => {
    expect(FINAL.user).toBe("65532:65532");
  });

  it("starts node itself, without a shell and without a flag, which would keep V8 from its cache", () => {
    expect(FINAL.command).toEqual(["/nodejs/node", "/oss-valet/server.js"]);
    expect(FINAL.stopSignal).toBe("SIGTERM");
  });

  it("listens at every address, on the port that it exposes and that server.js takes by default", () => {
    const config = configFrom({ ...SETTINGS, ...FINAL.env }, accessFile(), settingKeys, "environment");
    expect([config.host, config.port]).toEqual(["0.0.0.0", FINAL.ports[0]]);
    expect(FINAL.ports).toEqual([9000]);
    expect(Object.keys(FINAL.env)).toEqual(["HOST", "PORT"]);
  });

  it("gives the check less time than the pause between two checks", () => {
    expect(FINAL.healthcheck?.flags).toEqual({
      interval: "30s",
      timeout: "3s",
      "start-period": "10s",
      retries: "3",
    });
    expect(FINAL.healthcheck?.command[0]).toBe(FINAL.command?.[0]);
  });

  it("takes no secret as an argument or variable: a registry's .npmrc comes as a mounted one", () => {
    const all = IMAGE.stages.flatMap(({ instructions }) => instructions);
    expect(all.filter((line) => /^(ARG|ENV|LABEL) .*(KEY|SECRET|TOKEN|PASSWORD|AUTH)/i.test(line))).toEqual(
      [],
    );
    expect(all.find((line) => line.startsWith("RUN "))).toContain("--mount=type=secret,id=npmrc");
  });

  it("says what the image is", () => {
    expect(FINAL.labels).toMatchObject({
      "org.opencontainers.image.title": "oss-valet",
      "org.opencontainers.image.licenses": JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"))
        .license,
    });
  });
});

describe("container/Dockerfile.dockerignore", () => {
  const { lets } = dockerIgnoreFrom(read("Dockerfile.dockerignore"));

  it.each([
    ".env",
    ".env.production",
    "cli/.env",
    ".npmrc",
    "client/.npmrc",
    ".git/config",
    ".s/token",
    "node_modules/oss-valet/cli/main.js",
    "client/node_modules/x/index.js",
    "client/dist/index.js",
    "dist/credentials/server.js",
    "container/valet.env",
    "container/kubernetes.yaml",
    "s.yaml",
    "shared/private.pem",
    "functions/server.key",
    "docs/settings.md",
    "test/support/valet.ts",
    "examples/web/index.html",
  ])("keeps %s out", (path) => {
    expect(lets(path)).toBe(false);
  });

  it.each([
    "package.json",
    "package-lock.json",
    "access.yaml",
    "access-staging.yaml",
    "cli/main.ts",
    "functions/server/server.ts",
    "scripts/with-dependencies.mjs",
  ])("lets %s in", (path) => {
    expect(lets(path)).toBe(true);
  });
});

describe("the reader of .dockerignore", () => {
  it("lets the last line decide that matches a path or a folder above it", () => {
    const { lets } = dockerIgnoreFrom("# a comment\n*\n!kept\nkept/*.tmp\n**/secret\n!a/b.txt\n");
    expect(
      ["kept/a/b.ts", "kept/x.tmp", "kept/a/x.tmp", "kept/a/secret/x", "other", "a/b.txt", "a/c.txt"].map(
        lets,
      ),
    ).toEqual([true, false, true, false, false, true, false]);
  });
});

const SETTINGS = {
  OSS_ROLE_ARN: "acs:ram::1234567890123456:role/oss-client",
  OSS_BUCKET: "examplebucket",
  OSS_REGION: "cn-hangzhou",
  ALIBABA_CLOUD_ACCESS_KEY_ID: "LTAIexample",
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: "caller-secret",
};
