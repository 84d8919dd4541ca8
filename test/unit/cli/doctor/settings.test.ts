import { expect, it } from "vitest";
import { type Finding, findingsTo } from "../../../../cli/doctor/finding.ts";
import { settingsChecked } from "../../../../cli/doctor/settings.ts";
import { accessFile } from "../../../support/valet.ts";

const SETTINGS = {
  OSS_ROLE_ARN: "acs:ram::1234567890123456:role/oss-client",
  OSS_BUCKET: "examplebucket",
  OSS_REGION: "cn-hangzhou",
};

/** What doctor says of METRICS_PORT, and whether it goes on to the rest. */
function saidOfMetrics(isServer: boolean, environment: Readonly<Record<string, string>>) {
  const all: Finding[] = [];
  const options = {
    functionRole: "oss-valet-function",
    uploadsRole: undefined,
    callerUser: undefined,
    isServer,
  };
  const findings = findingsTo((finding) => all.push(finding));
  const settings = settingsChecked({ ...SETTINGS, ...environment }, accessFile(), options, findings);
  return { goesOn: settings !== undefined, said: all.filter(({ check }) => check === "METRICS_PORT") };
}

it("METRICS_PORT is wrong for a function of a built-in runtime, and hides no other finding", () => {
  expect(saidOfMetrics(false, { METRICS_PORT: "9464" })).toEqual({
    goesOn: true,
    said: [
      {
        check: "METRICS_PORT",
        outcome: "fail",
        seen: "works in server.js only: a function of a built-in runtime does not start with it",
        fix: "delete it, or add --server if server.js runs, in a custom runtime or a container",
      },
    ],
  });
});

it.each([
  ["server.js runs", true, { METRICS_PORT: "9464" }],
  ["it is not set", false, {}],
  ["it is empty", false, { METRICS_PORT: " " }],
])("METRICS_PORT is right where %s", (_case, isServer, environment) => {
  expect(saidOfMetrics(isServer, environment)).toEqual({ goesOn: true, said: [] });
});
