import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const home = mkdtempSync(join(tmpdir(), "s-home-"));

interface Rendered {
  readonly resources: Readonly<
    Record<
      "credentials" | "uploads",
      { readonly component: string; readonly actions: unknown; readonly props: Record<string, unknown> }
    >
  >;
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

function rendered(environment: Readonly<Record<string, string>>, file?: string): Rendered["resources"] {
  const { status, stdout } = preview(environment, file);
  expect(status).toBe(0);
  const json = stdout.slice(stdout.indexOf("\n{"), stdout.lastIndexOf("\n}") + 2);
  return (JSON.parse(json) as Rendered).resources;
}

it("the unmodified `s` renders s.yaml, with the settings of the shell, and what both functions share in both", () => {
  const { credentials, uploads } = rendered({ OSS_BUCKET: "photos-prod", OSS_REGION: "ap-southeast-1" });
  const settings = { OSS_BUCKET: "photos-prod", OSS_REGION: "ap-southeast-1" };
  for (const { component, props } of [credentials, uploads]) {
    expect(component).toBe("fc3@0.1.22");
    expect(props).toMatchObject({
      region: "ap-southeast-1",
      runtime: "nodejs20",
      handler: "index.handler",
      logConfig: "auto",
    });
  }
  expect(credentials.props["environmentVariables"]).toEqual({
    ...settings,
    OSS_ROLE_ARN: expect.stringContaining(":role/oss-valet-client"),
  });
  expect(uploads.props["environmentVariables"]).toEqual(settings);
  for (const name of ["triggers", "asyncInvokeConfig"])
    expect(uploads.props[name]).toEqual(credentials.props[name]);
  expect(uploads.props["triggers"]).toEqual([expect.objectContaining({ triggerType: "http" })]);
  expect(uploads.actions).toEqual(credentials.actions);
});

it.each([
  ["credentials", "oss-valet-web", "oss-valet-function"],
  ["uploads", "oss-valet-uploads-web", "oss-valet-uploads"],
] as const)(
  "renders %s of s-custom-runtime.yaml as in s.yaml with another runtime",
  (resource, name, role) => {
    const { props } = rendered({ OSS_BUCKET: "photos-prod" }, "s-custom-runtime.yaml")[resource];
    expect(props).toMatchObject({
      functionName: name,
      runtime: "custom.debian10",
      code: `./dist/${resource}`,
      role: expect.stringMatching(new RegExp(`:role/${role}$`)),
      environmentVariables: { OSS_BUCKET: "photos-prod", OSS_REGION: "cn-hangzhou" },
      triggers: [expect.objectContaining({ triggerType: "http" })],
      customRuntimeConfig: expect.objectContaining({ args: ["server.js"] }),
    });
  },
);

it("`s` names the setting that is missing", () => {
  const { status, stdout, stderr } = preview({});
  expect(status).not.toBe(0);
  expect(`${stdout}${stderr}`).toContain("OSS_BUCKET");
});
