import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const home = mkdtempSync(join(tmpdir(), "s-home-"));

afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Serverless Devs' own command, with a home of its own and nowhere to phone. */
function preview(environment: Readonly<Record<string, string>>) {
  return spawnSync(join(root, "node_modules/.bin/s"), ["preview", "-o", "json"], {
    cwd: root,
    encoding: "utf8",
    env: {
      PATH: process.env["PATH"],
      HOME: home,
      serverless_devs_config_home: home,
      serverless_devs_daemon_enable: "false",
      ...environment,
    },
  });
}

it("the unmodified `s` renders s.yaml, with the settings of the shell", () => {
  const { status, stdout } = preview({ OSS_BUCKET: "photos-prod", OSS_REGION: "ap-southeast-1" });
  expect(status).toBe(0);
  const rendered = JSON.parse(stdout.slice(stdout.indexOf("\n{"), stdout.lastIndexOf("\n}") + 2)) as {
    readonly resources: {
      readonly credentials: { readonly component: string; readonly props: Record<string, unknown> };
    };
  };
  const { component, props } = rendered.resources.credentials;
  expect(component).toBe("fc3@0.1.22");
  expect(props).toMatchObject({
    region: "ap-southeast-1",
    runtime: "nodejs20",
    handler: "index.handler",
    environmentVariables: { OSS_BUCKET: "photos-prod", OSS_REGION: "ap-southeast-1" },
  });
});

it("`s` names the setting that is missing", () => {
  const { status, stdout, stderr } = preview({});
  expect(status).not.toBe(0);
  expect(`${stdout}${stderr}`).toContain("OSS_BUCKET");
});
