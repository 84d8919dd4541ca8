import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type AccessFile, readAccessFile } from "../../cli/shared/access-file.ts";
import { runAccessTests } from "../../cli/shared/access-tests.ts";
import { policySizeWarnings } from "../../cli/shared/checked-access-file.ts";
import { judge } from "../../cli/shared/evaluator.ts";
import { generatedFiles } from "../../scripts/generate-docs.ts";
import { rolePolicyFor } from "../../shared/domain/policy/role-policy.ts";
import { sessionPolicyFor } from "../../shared/domain/policy/session-policy.ts";
import { accessRulesFrom } from "../../shared/domain/rules/access-rules.ts";
import { accessFile, BUCKET, grantOf, rulesOf } from "../support/valet.ts";

const ROOT = join(import.meta.dirname, "../..");
const document = readFileSync(join(ROOT, "docs/access-rules.md"), "utf8");
const EXAMPLES = readdirSync(join(ROOT, "examples/access"));
const blocks = [...document.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = ""]) => text);

function exampleFile(name: string): AccessFile {
  const file = readAccessFile(join(ROOT, "examples/access", name));
  if (!file.ok) throw new Error(file.problems.join("\n"));
  return file;
}

describe.each(EXAMPLES)("examples/access/%s", (name) => {
  it("keeps its promises, of both kinds", () => {
    const outcomes = runAccessTests(exampleFile(name).rules);
    expect(outcomes.filter(({ kept }) => !kept)).toEqual([]);
    expect(new Set(outcomes.map(({ expected }) => expected))).toEqual(new Set(["can", "cannot"]));
  });

  it("fits into a session policy, whatever the claims are", () => {
    expect(policySizeWarnings(exampleFile(name).rules, undefined)).toEqual([]);
  });

  it("is shown in the document, to the letter of its rules and tests", () => {
    const file = parse(readFileSync(join(ROOT, "examples/access", name), "utf8")) as Record<string, unknown>;
    const shown = blocks
      .map((text) => parse(text) as Record<string, unknown>)
      .filter(
        ({ rules, tests }) =>
          JSON.stringify([rules, tests]) === JSON.stringify([file["rules"], file["tests"]]),
      );
    expect(shown).toHaveLength(1);
    expect(file).toMatchObject(shown[0] ?? {});
  });
});

describe("docs/access-rules.md", () => {
  it("is what npm run generate makes of the schema and the examples", () => {
    expect(document).toBe(generatedFiles().get("docs/access-rules.md"));
  });

  it("shows only YAML that the parser takes", () => {
    expect(blocks.length).toBeGreaterThan(EXAMPLES.length);
    for (const text of blocks) {
      const part = parse(text) as Record<string, unknown>;
      const content =
        "when" in part
          ? accessFile({ rules: [{ name: "r", allow: ["read"], prefix: "a/", ...part }] })
          : accessFile(part);
      const result = accessRulesFrom(content);
      expect(result.ok ? [] : [text, result.problems]).toEqual([]);
    }
  });

  it("takes back each policy that it makes: the next incident's command must find the name free", () => {
    const commands = [...document.matchAll(/^aliyun ram (\w+) .*--PolicyName ([\w-]+)/gm)];
    const done = new Map<string, readonly string[]>();
    for (const [, command = "", policy = ""] of commands)
      done.set(policy, [...(done.get(policy) ?? []), command]);
    expect([...done.keys()].sort()).toEqual(["oss-valet-cut-off", "oss-valet-stop"]);
    for (const steps of done.values())
      expect(steps).toEqual(["CreatePolicy", "AttachPolicyToRole", "DetachPolicyFromRole", "DeletePolicy"]);
  });

  it("cuts one user off, or all, with the policies that it shows", () => {
    const rules = rulesOf(accessFile());
    const [ofMallory = "", ofAll = ""] = [...document.matchAll(/--PolicyDocument '([^']*)'/g)].map(
      ([, text = ""]) => text,
    );
    const reach = (user: string, denial: string, permission: "read" | "list") => {
      const session = sessionPolicyFor(grantOf(rules, { sub: user }));
      if (!session.ok) throw new Error(session.refusal.code);
      const role = rolePolicyFor(rules, BUCKET);
      const extra = JSON.parse(denial) as { readonly Statement: readonly object[] };
      const both = JSON.stringify({ Version: "1", Statement: [...role.Statement, ...extra.Statement] });
      const key = `users/${user}/${permission === "list" ? "" : "a.jpg"}`;
      return judge(
        { permission, bucket: BUCKET, key },
        { session: session.value, role: both },
        { sourceIp: "192.0.2.1" },
      ).verdict;
    };
    const nothing = '{"Statement":[]}';
    expect([reach("mallory", nothing, "read"), reach("mallory", nothing, "list")]).toEqual([
      "allowed",
      "allowed",
    ]);
    expect([reach("mallory", ofMallory, "read"), reach("mallory", ofMallory, "list")]).toEqual([
      "denied",
      "denied",
    ]);
    expect([reach("alice", ofMallory, "read"), reach("alice", ofMallory, "list")]).toEqual([
      "allowed",
      "allowed",
    ]);
    expect([reach("alice", ofAll, "read"), reach("alice", ofAll, "list")]).toEqual(["denied", "denied"]);
  });
});
