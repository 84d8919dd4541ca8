import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const home = mkdtempSync(join(tmpdir(), "s-home-"));

interface Rendered {
  readonly resources: {
    readonly credentials: { readonly component: string; readonly props: Record<string, unknown> };
  };
}

afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Serverless Devs' own command, with a home of its own and nowhere to phone. */
function preview(environment: Readonly<Record<string, string>>, file = "s.yaml") {
  return spawnSync(join(root, "node_modules/.bin/s"), ["preview", "-t", file, "-o", "json"], {
    cwd: root,
    encoding: "utf8",
    env: {
      PATH: process.env["PATH"],
      HOME: home,
      serverless_devs_config_home: home,
      // Switches off what `s` reports of its runs; its own serverless_devs_daemon_enable=false reports at once instead.
      NODE_ENV: "test",
      ...environment,
    },
  });
}

it("the unmodified `s` renders s.yaml, with the settings of the shell", () => {
  const { status, stdout } = preview({ OSS_BUCKET: "photos-prod", OSS_REGION: "ap-southeast-1" });
  expect(status).toBe(0);
  const rendered = JSON.parse(stdout.slice(stdout.indexOf("\n{"), stdout.lastIndexOf("\n}") + 2)) as Rendered;
  const { component, props } = rendered.resources.credentials;
  expect(component).toBe("fc3@0.1.22");
  expect(props).toMatchObject({
    region: "ap-southeast-1",
    runtime: "nodejs20",
    handler: "index.handler",
    environmentVariables: { OSS_BUCKET: "photos-prod", OSS_REGION: "ap-southeast-1" },
  });
});

it("renders s-custom-runtime.yaml as s.yaml with another runtime", () => {
  const { status, stdout } = preview({ OSS_BUCKET: "photos-prod" }, "s-custom-runtime.yaml");
  expect(status).toBe(0);
  const { props } = (
    JSON.parse(stdout.slice(stdout.indexOf("\n{"), stdout.lastIndexOf("\n}") + 2)) as Rendered
  ).resources.credentials;
  expect(props).toMatchObject({
    functionName: "oss-valet-web",
    runtime: "custom.debian10",
    code: "./dist/credentials",
    role: expect.stringContaining(":role/oss-valet-function"),
    environmentVariables: { OSS_BUCKET: "photos-prod", OSS_REGION: "cn-hangzhou" },
    triggers: [expect.objectContaining({ triggerType: "http" })],
  });
});

it("`s` names the setting that is missing", () => {
  const { status, stdout, stderr } = preview({});
  expect(status).not.toBe(0);
  expect(`${stdout}${stderr}`).toContain("OSS_BUCKET");
});
