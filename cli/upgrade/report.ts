import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gt } from "semver";
import { BUCKET_NAME, ROLE_ARN } from "../../shared/domain/ram/cloud-limits.ts";
import { readAccessFile } from "../shared/access-file.ts";
import { changesSince, parseChangelog } from "../shared/changelog.ts";
import { type Terminal, UsageError } from "../shared/command.ts";
import { ROOT } from "../shared/own-files.ts";
import { type Concern, concernsOf, needsDecision } from "./concerns.ts";
import type { OldVersion } from "./old-version.ts";
import { planDifferences } from "./plan-difference.ts";
import type { Project } from "./project.ts";
import { commandsOf, type Outcome, ownCommands, type Side, sideOf, type TestUser } from "./side.ts";
import type { Difference } from "./statements.ts";
import { userDifference } from "./user-difference.ts";

/** What an upgrade means for one project. */
export interface Report {
  /** `compared`: whether the old version itself was asked, or only the changelog was read. */
  readonly from: { readonly version: string; readonly compared: "everything" | "changelog" };
  readonly to: string;
  readonly changes: readonly Concern[];
  /** Problems of the project's access.yaml in the new version. Empty: it is read. */
  readonly accessProblems: readonly string[];
  readonly promises: {
    readonly all: number;
    /** `before`: what the old version answered; undefined when it was not asked. */
    readonly broken: readonly (Outcome & { readonly before: string | undefined })[];
  };
  /** `all`: how many users the tests of access.yaml have. */
  readonly users: { readonly all: number; readonly differences: readonly Difference[] };
  readonly plan: readonly Difference[];
  /** What could not be compared, and what was assumed. */
  readonly notes: readonly string[];
  /** Why somebody must look before the upgrade. Empty: there is nothing to do but install. */
  readonly decisions: readonly string[];
  /** The command that installs the new version. */
  readonly command: string;
}

export interface Asked {
  readonly accessFile: string;
  /** Options of `provision`. */
  readonly roles: readonly string[];
  /** Of the new version. */
  readonly to: string;
  /** The new version's CHANGELOG.md. */
  readonly changelog: string;
}

/** For the plan of a project that does not say yet which account and bucket it has: both versions get the same. */
const EXAMPLES = {
  OSS_ROLE_ARN: "acs:ram::1000000000000000:role/oss-valet-client",
  OSS_BUCKET: "examplebucket",
};

/** The text of this version's own CHANGELOG.md. */
export function ownChangelog(): string {
  return readFileSync(join(ROOT, "CHANGELOG.md"), "utf8");
}

/** Compares the version that the project has with this one. Throws UsageError when it has a newer one. */
export async function reportFor(
  project: Project,
  old: OldVersion,
  { accessFile, roles, to, changelog }: Asked,
  terminal: Pick<Terminal, "environment" | "nowMs" | "wait">,
): Promise<Report> {
  if (gt(old.version, to))
    throw new UsageError(
      `the project has oss-valet ${old.version}, and this is the older ${to}: run npx oss-valet@VERSION upgrade with a newer version`,
    );
  const read = parseChangelog(changelog);
  if (!read.ok) throw new Error(read.problems.join("\n"));
  // The very same version: what its changelog has is not new to the project.
  const isThis = old.version === to && old.folder === undefined;
  const changes = isThis ? [] : concernsOf(changesSince(read.changelog, old.version), project);
  const settings = settingsFor(project, terminal.environment);
  const around = { folder: project.folder, environment: { ...terminal.environment, ...settings.values } };
  const questions = { accessFile, users: usersOf(accessFile), roles };
  const now = await sideOf(ownCommands(around, terminal), questions);
  const was =
    old.folder === undefined || !now.ok ? undefined : await sideOf(commandsOf(old.folder, around), questions);
  const before = was?.ok === true ? was.side : undefined;
  const after = now.ok ? now.side : undefined;
  const found = {
    changes,
    accessProblems: now.ok ? [] : now.problems,
    promises: promisesOf(before, after),
    users: { all: questions.users.length, differences: userDifferences(questions.users, before, after) },
    plan: before === undefined || after === undefined ? [] : planDifferences(before.plan, after.plan),
  };
  const unanswered = was !== undefined && !was.ok ? was.problems : [];
  return {
    from: { version: old.version, compared: before === undefined ? "changelog" : "everything" },
    to,
    ...found,
    notes: [
      ...(old.folder === undefined && !isThis
        ? [
            `Only the changelog was compared: the package of ${old.version} is not here. With it, the rules and the plan are compared too: install ${old.version} in the project, or add --from FOLDER or --from TARBALL.tgz`,
          ]
        : []),
      ...unanswered.map(
        (problem) =>
          `The rules and the plan were not compared, as ${old.version} does not answer: ${problem}`,
      ),
      ...(before === undefined ? [] : settings.notes),
      ...(now.ok && questions.users.length === 0
        ? [
            "access.yaml has no tests, so no user's access was compared: docs/access-rules.md shows how to write them",
          ]
        : []),
    ],
    decisions: decisionsOf(found, unanswered.length > 0),
    command: installCommand(project, to),
  };
}

function decisionsOf(
  {
    changes,
    accessProblems,
    promises,
    users,
    plan,
  }: Pick<Report, "changes" | "accessProblems" | "promises" | "users" | "plan">,
  unanswered: boolean,
): readonly string[] {
  const breaking = changes.filter(needsDecision).length;
  const decisions: readonly (readonly [number, string])[] = [
    [
      breaking,
      breaking === 1
        ? "1 breaking change concerns this project"
        : `${breaking} breaking changes concern this project`,
    ],
    [accessProblems.length, "access.yaml has problems in the new version"],
    [promises.broken.length, "tests of access.yaml fail in the new version"],
    [users.differences.length, "users in the tests get other access"],
    [plan.length, "RAM must be changed: see the plan"],
    [unanswered ? 1 : 0, "the old version could not be compared"],
  ];
  return decisions.filter(([count]) => count > 0).map(([, text]) => text);
}

/** What the plan needs: from the environment, from .env, or examples. */
function settingsFor(
  project: Project,
  environment: Terminal["environment"],
): { readonly values: Readonly<Record<string, string>>; readonly notes: readonly string[] } {
  const given = (name: keyof typeof EXAMPLES, form: RegExp): string | undefined => {
    const value = environment[name] || project.fromDotEnv(name);
    return value !== undefined && form.test(value) ? value : undefined;
  };
  const role = given("OSS_ROLE_ARN", ROLE_ARN);
  const bucket = given("OSS_BUCKET", BUCKET_NAME);
  const missing = [
    ...(role === undefined ? ["OSS_ROLE_ARN"] : []),
    ...(bucket === undefined ? ["OSS_BUCKET"] : []),
  ];
  return {
    values: { OSS_ROLE_ARN: role ?? EXAMPLES.OSS_ROLE_ARN, OSS_BUCKET: bucket ?? EXAMPLES.OSS_BUCKET },
    notes:
      missing.length === 0
        ? []
        : [`${missing.join(" and ")} not set, so the plan has example names: set them to see your own`],
  };
}

/** Each user of the tests once. Empty for a file with problems. */
function usersOf(accessFile: string): readonly TestUser[] {
  const file = readAccessFile(accessFile);
  const tests = file.ok ? file.rules.tests : [];
  const users = tests.map(({ name, issuer, claims }) => {
    const values = Object.fromEntries(claims);
    return { name: name ?? JSON.stringify(values), issuer, claims: values };
  });
  return [...new Map(users.map((user) => [JSON.stringify([user.issuer, user.claims]), user])).values()];
}

function promisesOf(before: Side | undefined, after: Side | undefined): Report["promises"] {
  const outcomes = after?.outcomes ?? [];
  const earlier = (outcome: Outcome): string | undefined =>
    before?.outcomes.find(
      ({ test, promise, expected }) =>
        test === outcome.test && promise === outcome.promise && expected === outcome.expected,
    )?.got;
  return {
    all: outcomes.length,
    broken: outcomes.filter(({ kept }) => !kept).map((outcome) => ({ ...outcome, before: earlier(outcome) })),
  };
}

function userDifferences(
  users: readonly TestUser[],
  before: Side | undefined,
  after: Side | undefined,
): readonly Difference[] {
  if (before === undefined || after === undefined) return [];
  return users
    .map(({ name }, index) => userDifference(name, before.users[index], after.users[index]))
    .filter((difference) => difference !== undefined);
}

function installCommand({ development }: Project, version: string): string {
  return `npm install --save-exact ${development ? "--save-dev " : ""}oss-valet@${version}`;
}
