import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FUNCTION_ROLE, UPLOADS_OPTIONS } from "../provision/settings.ts";
import { ACCESS, command, type Options, type Terminal, type ValuesOf } from "../shared/command.ts";
import { ownManifest } from "../shared/own-files.ts";
import { oldVersionOf } from "./old-version.ts";
import { pinned, projectIn } from "./project.ts";
import { ownChangelog, type Report, reportFor } from "./report.ts";
import { reportText } from "./report-text.ts";

const OPTIONS = {
  from: {
    value: "OLD",
    help: "the version that the project had: its folder, its tarball (.tgz), or only its number. Default: node_modules/oss-valet, or what package.json wants",
  },
  write: { help: "put the new version into package.json; without it nothing is written" },
  "function-role": { value: "NAME", default: FUNCTION_ROLE, help: "the role in s.yaml, for the plan" },
  ...UPLOADS_OPTIONS,
  "caller-user": { value: "NAME", help: "the RAM user of callers outside Function Compute, for the plan" },
  access: ACCESS,
  json: { help: "print JSON" },
} as const satisfies Options;

/** Exit code 0: nothing to do but install; 1: somebody must look at something first. */
export const upgrade = command({
  name: "upgrade",
  usage: ["npm run valet -- upgrade [options]", "npx oss-valet@VERSION upgrade [options]"],
  about:
    "Run it in your project with the version that you want. It says what changes for this project: the entries of CHANGELOG.md that concern it, breaking ones first; settings that are new; whether access.yaml is still read and its tests pass; whether the users in the tests get the same access; and a diff of the plan, which is what RAM must have. For rules and plan, it runs the version that the project has.",
  options: OPTIONS,
  yes: "nothing to do but install",
  no: "look first: a breaking change, a problem in access.yaml, a broken promise, other access, or another plan",
  settings: {
    "OSS_ROLE_ARN, OSS_BUCKET": "the names in the plan; default: those in .env, or examples",
    ACCESS_FILE: "the access rules; default: access.yaml",
  },
  examples: {
    "npx oss-valet@0.2.0 upgrade": "what would change with 0.2.0?",
    "npx oss-valet@0.2.0 upgrade --from oss-valet-0.1.0.tgz": "compared with a package that is not installed",
    "npx oss-valet@0.2.0 upgrade --write && npm install":
      "pin it, and install it unless there is something to look at first",
  },
  run: ({ values }, terminal) => upgraded(values, terminal),
});

async function upgraded(values: ValuesOf<typeof OPTIONS>, terminal: Terminal): Promise<number> {
  const accessFile = values.access ?? (terminal.environment["ACCESS_FILE"] || "access.yaml");
  const folder = process.cwd();
  const project = projectIn(folder, accessFile);
  const old = await oldVersionOf(project, values.from);
  let report: Report;
  try {
    const asked = {
      accessFile,
      roles: rolesFrom(values),
      to: ownManifest().version,
      changelog: ownChangelog(),
    };
    report = await reportFor(project, old, asked, terminal);
  } finally {
    old.remove();
  }
  if (values.write === true) {
    const path = join(folder, "package.json");
    writeFileSync(path, pinned(readFileSync(path, "utf8"), report.to));
  }
  terminal.out(
    values.json === true
      ? JSON.stringify({ ...report, written: values.write === true }, null, 2)
      : reportText(report, { written: values.write === true }),
  );
  return report.decisions.length === 0 ? 0 : 1;
}

function rolesFrom(values: ValuesOf<typeof OPTIONS>): readonly string[] {
  const caller = values["caller-user"];
  return [
    ...["--function-role", values["function-role"]],
    ...(values["no-uploads"] === true ? ["--no-uploads"] : ["--uploads-role", values["uploads-role"]]),
    ...(caller === undefined ? [] : ["--caller-user", caller]),
  ];
}
