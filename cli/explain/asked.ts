import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { policyGrammarProblem } from "../../sandbox/ram/policy-document.ts";
import { sentenceOf } from "../../shared/domain/problem.ts";
import { RULE_PERMISSIONS } from "../../shared/domain/ram/ram-policy.ts";
import { promiseFrom, promiseProblem } from "../../shared/domain/rules/access-promise.ts";
import { nearest } from "../../shared/domain/rules/nearest.ts";
import type { AccessRules } from "../../shared/domain/rules/rule.ts";
import { issuedNow, UNKNOWN_BUCKET } from "../shared/access-tests.ts";
import { bucketFrom, checkedBucket, type Terminal, UsageError } from "../shared/command.ts";
import { objectFrom } from "../shared/values.ts";
import { permissionFrom, wantedFrom } from "../shared/wanted.ts";
import type { Asked } from "./explanation.ts";
import type { Values } from "./options.ts";
import { unverifiedTokenFrom, visibleChecks } from "./unverified-token.ts";

/** What is asked, from the command line. Throws UsageError. */
export function askedFrom(
  values: Values,
  positionals: readonly string[],
  rules: AccessRules,
  terminal: Terminal,
): Asked {
  const bucket = bucketFrom(values.bucket, terminal) ?? UNKNOWN_BUCKET;
  return {
    ...userFrom(values, rules, terminal),
    wanted: wantedFrom(values),
    place: { bucket, sourceIp: addressFrom(values["source-ip"]) },
    ...questionFrom(values, positionals, bucket),
    rolePolicy: values["role-policy"] === undefined ? undefined : rolePolicyFrom(values["role-policy"]),
  };
}

function userFrom(
  { token, claims, claim, issuer }: Values,
  rules: AccessRules,
  terminal: Terminal,
): Pick<Asked, "issuer" | "claims" | "checks"> {
  const given = [token, claims, claim].filter((value) => value !== undefined).length;
  if (given === 0)
    throw new UsageError(
      'needs a user: write --claim sub=alice, --claims \'{"sub":"alice"}\' or --token JWT',
    );
  if (given > 1) throw new UsageError("takes only one of --token, --claims and --claim");
  if (token === undefined) {
    const given = claims === undefined ? claimsOf(claim ?? []) : claimsIn(claims, "--claims");
    return { issuer: issuerNamed(issuer, rules), claims: issuedNow(given, terminal.nowMs()) };
  }
  const decoded = unverifiedTokenFrom(token === "-" ? readFileSync(0, "utf8") : token);
  if (decoded === undefined)
    throw new UsageError(
      '--token is not a JWT: write the token without "Bearer ": three parts of base64url separated by dots, the first two of them JSON',
    );
  const found = rules.issuers.find((known) => known.issuer === decoded.claims["iss"]);
  if (found === undefined && issuer === undefined) {
    throw new UsageError(
      `${decoded.claims["iss"] === undefined ? "the token has no iss" : `the token's iss is ${JSON.stringify(decoded.claims["iss"])}`}, but access.yaml has only ${rules.issuers.map((known) => known.issuer).join(", ")}: the function would answer 401. To explain it as a token of one of them, add --issuer NAME`,
    );
  }
  const name = issuer === undefined ? (found?.name ?? "") : issuerNamed(issuer, rules);
  const own = rules.issuers.find((known) => known.name === name);
  const foreign = own === undefined || own === found ? [] : [issuerCheck(own.issuer, decoded.claims["iss"])];
  return {
    issuer: name,
    claims: decoded.claims,
    checks: own === undefined ? [] : [...foreign, ...visibleChecks(decoded, own, terminal.nowMs())],
  };
}

function issuerCheck(needed: string, iss: unknown): { check: string; holds: boolean; because: string } {
  return { check: "issuer", holds: false, because: `iss is ${JSON.stringify(iss)}; it must be ${needed}` };
}

function issuerNamed(name: string | undefined, rules: AccessRules): string {
  const names = rules.issuers.map((issuer) => issuer.name);
  const [only, ...others] = names;
  if (name === undefined) {
    if (only !== undefined && others.length === 0) return only;
    throw new UsageError(
      `needs --issuer: ${names.join(" or ")}. The same user ID at two issuers means two users`,
    );
  }
  if (names.includes(name)) return name;
  throw new UsageError(
    `--issuer ${name} is not in access.yaml; write ${nearest(name, names) ?? names.join(" or ")}`,
  );
}

/** `name=text`, `name:=json`. Text stays text: sub=007 is not a number. */
function claimsOf(pairs: readonly string[]): Readonly<Record<string, unknown>> {
  const claims: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const pair of pairs) {
    const [, name, colon, text = ""] = /^([^=]+?)(:?)=(.*)$/s.exec(pair) ?? [];
    if (name === undefined)
      throw new UsageError(`--claim ${pair} has no name and value: write --claim sub=alice`);
    if (Object.hasOwn(claims, name))
      throw new UsageError(
        `--claim ${name} appears twice; write a list as --claim '${name}:=["red","blue"]'`,
      );
    claims[name] = colon === ":" ? jsonFrom(text, `--claim ${name}`) : text;
  }
  return { ...claims };
}

type Questions = Pick<Asked, "question" | "form">;

function questionFrom(values: Values, positionals: readonly string[], bucket: string): Questions {
  if (/^upload(\s|$)/.test(positionals[0] ?? "")) return formFrom(values, positionals.join(" "), bucket);
  const [first, second, ...rest] = positionals.flatMap((text, index) =>
    index === 0 && positionals.length === 1 ? text.split(/ (.*)/s, 2) : [text],
  );
  if (rest.length > 0) throw new UsageError(`takes one permission and one key; delete ${rest.join(" ")}`);
  if (first !== undefined && (values.permission !== undefined || values.key !== undefined))
    throw new UsageError(`takes either "${first} KEY" or --permission and --key, not both`);
  const [permission, key] = [first ?? values.permission, second ?? values.key];
  if (permission === undefined && key === undefined) return { question: undefined, form: undefined };
  if (permission === undefined)
    throw new UsageError("--key needs --permission read (or write, list, delete)");
  if (permission !== "upload" && nearest(permission, RULE_PERMISSIONS) === "upload")
    throw new UsageError(`the permission is ${JSON.stringify(permission)}; write upload KEY TYPE SIZE`);
  if (permission === "upload")
    throw new UsageError("a form is asked for in one line: write upload photos/alice/a.jpg image/jpeg 2MB");
  const known = permissionFrom(permission, "the permission");
  if (key === undefined && known !== "list")
    throw new UsageError(`${known} needs a key: ${known} users/alice/a.jpg`);
  if (key?.startsWith("/") === true)
    throw new UsageError(`keys do not begin with "/": write ${known} ${key.replace(/^\/+/, "")}`);
  const [, other, rest2] = /^oss:\/\/([^/]+)\/?(.*)$/s.exec(key ?? "") ?? [];
  const place = { bucket: checkedBucket(other, "the bucket") ?? bucket, key: rest2 ?? key ?? "" };
  return { question: { permission: known, ...place }, form: undefined };
}

/** Options that would change nothing about a form, in silence. */
const CREDENTIALS_OPTIONS = [
  "permission",
  "key",
  "permissions",
  "prefix",
  "duration",
  "role-policy",
] as const;

/** The same words as a promise in access.yaml. */
function formFrom(values: Values, line: string, bucket: string): Questions {
  const foreign = CREDENTIALS_OPTIONS.find((name) => values[name] !== undefined);
  if (foreign !== undefined)
    throw new UsageError(`--${foreign} is about credentials, and does not change forms: delete it`);
  const problem = promiseProblem(line);
  const promise = problem === undefined ? promiseFrom(line) : undefined;
  if (promise?.permission !== "upload")
    throw new UsageError(
      sentenceOf({ where: "the question", ...(problem ?? { is: `is ${line}`, fix: "ask again" }) }),
    );
  return { question: undefined, form: { ...promise, bucket: promise.bucket ?? bucket } };
}

function addressFrom(text: string | undefined): string | undefined {
  // An address with a zone (fe80::1%eth0) has a meaning only on this machine.
  if (text === undefined || (isIP(text) !== 0 && !text.includes("%"))) return text;
  throw new UsageError(`--source-ip is ${JSON.stringify(text)}; write an IP address, such as 203.0.113.7`);
}

function rolePolicyFrom(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    throw new UsageError(`--role-policy ${path} cannot be read; write the path of a JSON file`);
  }
  const problem = policyGrammarProblem(text, "identity");
  if (problem !== undefined) throw new UsageError(`--role-policy ${path}: ${problem}`);
  return text;
}

function claimsIn(text: string, what: string): Readonly<Record<string, unknown>> {
  const value = objectFrom(jsonFrom(text, what));
  if (value !== undefined) return value;
  throw new UsageError(`${what} must be a JSON object, such as '{"sub":"alice"}'`);
}

function jsonFrom(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`${what} is not valid JSON; in a shell, put single quotes around it`);
  }
}
