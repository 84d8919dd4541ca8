import type { Problem, ProblemAt } from "../problem.ts";
import { PERMISSIONS } from "../ram/ram-policy.ts";
import type { Issuer } from "../token/issuer.ts";
import { type AccessFile, readAccessFile } from "./access-file.ts";
import { promiseFrom } from "./access-promise.ts";
import { type Placed, type PlacedEntries, referenceProblems } from "./access-references.ts";
import { dividedForms } from "./divided-forms.ts";
import { issuerFrom } from "./issuer-entry.ts";
import { claimsKnownTo } from "./known-claims.ts";
import { prefixTemplateFrom } from "./prefix-syntax.ts";
import type { AccessRules, AccessTest, Denial, Rule } from "./rule.ts";
import { conflictsBetween } from "./rule-conflicts.ts";
import { doubtsAbout } from "./rule-doubts.ts";
import { unmetIn } from "./unmet-rules.ts";
import { uploadProblems } from "./upload-entry.ts";
import { voidLimits } from "./void-limits.ts";
import { SIGNED_IN } from "./when.ts";

export type AccessRulesResult =
  | {
      readonly ok: true;
      readonly value: AccessRules;
      /** What the operator should know about valid rules: they may be a mistake. */
      readonly warnings: readonly ProblemAt[];
    }
  | { readonly ok: false; readonly problems: readonly ProblemAt[] };

/** Reads the content of access.yaml (as a YAML or JSON parser gave it). Finds every mistake at once. */
export function accessRulesFrom(content: unknown): AccessRulesResult {
  const problems: ProblemAt[] = [];
  const known = claimsKnownTo(content);
  // A malformed part does not hide the others: one run finds the mistakes in all of them.
  const file = readAccessFile(content, known, problems);
  const issuers = each(file.issuers, (entry, index) => issuerFrom(entry, index, problems));
  const session = sessionFrom(file.session, problems);
  const entries: PlacedEntries = {
    issuers,
    namedIssuers: file.namedIssuers,
    rules: each(file.rules, (entry, index) => ruleFrom(entry, index, file.session, problems)),
    deny: each(file.deny, (entry, index) => denialFrom(entry, index, valuesOf(issuers), problems)),
    tests: each(file.tests, (entry, index) => testFrom(entry, index, problems)),
  };
  const doubts = doubtsAbout(entries);
  const unmet = unmetIn(entries, known);
  const conflicts = conflictsBetween(entries);
  problems.push(...referenceProblems(entries), ...doubts.problems, ...unmet.problems, ...conflicts.problems);
  if (problems.length > 0) return { ok: false, problems };
  const warnings = [
    ...doubts.warnings,
    ...unmet.warnings,
    ...conflicts.warnings,
    ...voidLimits(entries),
    ...dividedForms(entries),
  ];
  const rules: AccessRules = {
    issuers: valuesOf(entries.issuers),
    session,
    rules: valuesOf(entries.rules),
    deny: valuesOf(entries.deny),
    tests: valuesOf(entries.tests),
  };
  return { ok: true, value: rules, warnings };
}

/** Maps the usable entries; `index` is the place in the file. */
function each<T, U>(
  entries: readonly (T | undefined)[],
  make: (entry: T, index: number) => U,
): readonly Placed<U>[] {
  return entries.flatMap((entry, index) =>
    entry === undefined ? [] : [{ index, value: make(entry, index) }],
  );
}

function valuesOf<T>(entries: readonly Placed<T>[]): readonly T[] {
  return entries.map(({ value }) => value);
}

function sessionFrom(session: AccessFile["session"], problems: ProblemAt[]): AccessRules["session"] {
  const maxDurationSeconds = session.maxDuration ?? session.duration;
  if (maxDurationSeconds < session.duration) {
    problems.push({
      path: ["session", "maxDuration"],
      is: `is ${maxDurationSeconds}, less than duration (${session.duration})`,
      fix: `write ${session.duration} or more`,
    });
  }
  return { durationSeconds: session.duration, maxDurationSeconds };
}

function ruleFrom(
  entry: RuleEntry,
  index: number,
  session: AccessFile["session"],
  problems: ProblemAt[],
): Rule {
  if (entry.allow.length === 0 && entry.actions.length === 0) {
    problems.push({
      path: ["rules", index],
      is: "grants nothing",
      fix: "write allow: [read], or delete the rule",
    });
  }
  problems.push(
    ...uploadProblems(entry).map(({ path, ...rest }) => ({ path: ["rules", index, ...path], ...rest })),
  );
  const longest = session.maxDuration ?? session.duration;
  if (entry.duration !== undefined && entry.duration > longest) {
    problems.push({
      path: ["rules", index, "duration"],
      is: `is ${entry.duration}, more than session.maxDuration (${longest})`,
      fix: `write ${longest} or less`,
    });
  }
  const template = prefixTemplateFrom(entry.prefix);
  if ("problem" in template) throw new Error("unreachable: the shape has checked the prefix");
  return {
    name: entry.name,
    issuer: entry.issuer,
    when: entry.when === undefined || entry.when === SIGNED_IN ? new Map() : entry.when,
    signedIn: entry.when === SIGNED_IN,
    permissions: PERMISSIONS.filter((permission) => entry.allow.includes(permission)),
    upload: entry.allow.includes("upload") ? entry.upload : undefined,
    actions: [...new Set(entry.actions)].sort(),
    prefix: template.template,
    bucket: entry.bucket,
    durationSeconds: entry.duration,
    sourceIp: entry.sourceIp,
    secureTransport: entry.secureTransport,
    mode: entry.mode,
  };
}

type RuleEntry = AccessFile["rules"][number];

function denialFrom(
  entry: AccessFile["deny"][number],
  index: number,
  issuers: readonly Issuer[],
  problems: ProblemAt[],
): Denial {
  const own = issuers.filter(({ name }) => entry.issuer === undefined || entry.issuer === name);
  const mismatch = own.length === 1 && own[0] !== undefined ? problemOfDenied(entry.user, own[0]) : undefined;
  if (mismatch !== undefined) problems.push({ path: ["deny", index, "user"], ...mismatch });
  if (entry.user === undefined && entry.tokenId === undefined && entry.issuedBefore === undefined) {
    problems.push({
      path: ["deny", index],
      is: "refuses nobody",
      fix: "write user, tokenId or issuedBefore",
    });
  }
  return {
    issuer: entry.issuer,
    user: entry.user === undefined ? undefined : String(entry.user),
    tokenId: entry.tokenId,
    issuedBeforeMs: entry.issuedBefore === undefined ? undefined : Date.parse(entry.issuedBefore),
    reason: entry.reason,
  };
}

/** A text never equals a number: such an entry would deny nobody. */
function problemOfDenied(user: string | number | undefined, { name, userType }: Issuer): Problem | undefined {
  if (user === undefined || typeof user === (userType === "integer" ? "number" : "string")) return undefined;
  return userType === "integer"
    ? {
        is: `is the text ${JSON.stringify(user)}, but users of ${name} are whole numbers: it denies nobody`,
        fix: /^(0|[1-9]\d{0,14})$/.test(String(user))
          ? `write ${user} without quotes`
          : "write the user's number",
      }
    : {
        is: `is the number ${user}, but users of ${name} are texts: it denies nobody`,
        fix: `write "${user}" in quotes, or userType: integer for the issuer`,
      };
}

function testFrom(entry: AccessFile["tests"][number], index: number, problems: ProblemAt[]): AccessTest {
  if (entry.can.length === 0 && entry.cannot.length === 0) {
    problems.push({ path: ["tests", index], is: "promises nothing", fix: "write can or cannot" });
  }
  return {
    name: entry.name,
    issuer: entry.issuer,
    claims: entry.claims,
    can: entry.can.map(promiseFrom),
    cannot: entry.cannot.map(promiseFrom),
  };
}
