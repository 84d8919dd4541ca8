import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { generatedFiles } from "../../scripts/generate-docs.ts";
import { accessRulesSchema } from "../../shared/domain/rules/access-file.ts";
import { accessRulesFrom } from "../../shared/domain/rules/access-rules.ts";
import { prefixTemplateFrom } from "../../shared/domain/rules/prefix-syntax.ts";
import { accessFile, LOGIN, OWN_FOLDER } from "../support/valet.ts";

const ROOT = join(import.meta.dirname, "../..");
const EXAMPLES = readdirSync(join(ROOT, "examples/access")).map((file) => `examples/access/${file}`);

const valid = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(accessRulesSchema());
const rule = (change: object) => accessFile({ rules: [{ ...OWN_FOLDER, ...change }] });
const issuer = (change: object) => accessFile({ issuers: [{ ...LOGIN, ...change }] });
const test = (change: object) => accessFile({ tests: [{ claims: { sub: "alice" }, ...change }] });

describe("access.schema.json", () => {
  it("is what npm run generate makes of the parser's shapes", () => {
    expect(readFileSync(join(ROOT, "access.schema.json"), "utf8")).toBe(
      generatedFiles().get("access.schema.json"),
    );
  });

  it.each(["access.yaml", ...EXAMPLES])("accepts %s", (path) => {
    const content: unknown = parse(readFileSync(join(ROOT, path), "utf8"));
    expect([valid(content), valid.errors]).toEqual([true, null]);
  });

  it.each([
    ["no rules", { issuers: [LOGIN] }],
    ["an empty list of rules", accessFile({ rules: [] })],
    ["a mistyped field at the top", accessFile({ denny: [] })],
    ["a mistyped field of a rule", rule({ alow: ["read"] })],
    ["a bare word in place of a list", rule({ allow: "read" })],
    ["a permission that there is not", rule({ allow: ["reed"] })],
    ["a rule that grants nothing", rule({ allow: [] })],
    ["a prefix without its slash", rule({ prefix: "users/{sub}" })],
    ["a prefix with a slash before it", rule({ prefix: "/users/{sub}/" })],
    ["the whole bucket", rule({ prefix: "" })],
    ["a wildcard in a prefix", rule({ prefix: "users/*/" })],
    ["a path step in a prefix", rule({ prefix: "users/../admin/" })],
    ["half a segment of a placeholder", rule({ prefix: "users-{sub}/" })],
    ["two slashes", rule({ prefix: "users//{sub}/" })],
    ["a wildcard action", rule({ actions: ["oss:Get*"] })],
    ["an action on the bucket", rule({ actions: ["oss:ListObjects"] })],
    ["a duration below STS's", rule({ duration: 60 })],
    ["a duration in words", accessFile({ session: { duration: "1h" } })],
    ["sourceIp with an address", rule({ sourceIp: "192.0.2.1" })],
    ["a switch that is off", rule({ secureTransport: false })],
    ["a bucket with a slash", rule({ bucket: "examplebucket/users" })],
    ["no audience", accessFile({ issuers: [{ ...LOGIN, audience: undefined }] })],
    ["none for an algorithm", issuer({ algorithms: ["none"] })],
    ["keys over http", issuer({ jwks: "http://login.example.com/jwks" })],
    ["two sources of public keys", issuer({ publicKey: "JWT_PUBLIC_KEY" })],
    ["a key in place of its variable's name", issuer({ jwks: undefined, secret: "correct horse" })],
    ["a denial of nobody", accessFile({ deny: [{ reason: "lost phone" }] })],
    ["a denial in local time", accessFile({ deny: [{ issuedBefore: "2026-11-23 10:00" }] })],
    ["a test that promises nothing", test({})],
    ["a promise without a permission", test({ can: ["users/alice/a.jpg"] })],
    ["a promise of an absolute key", test({ cannot: ["read /users/alice/a.jpg"] })],
  ])("marks %s, as the parser does", (_mistake, file) => {
    const content: unknown = JSON.parse(JSON.stringify(file));
    expect(accessRulesFrom(content).ok).toBe(false);
    expect(valid(content)).toBe(false);
  });

  it("never marks a prefix that the parser takes", () => {
    const part = fc.constantFrom(
      "users",
      "{sub}",
      "{sub:hash}",
      "{https://example.com/team}",
      "a b",
      ".",
      "..",
      "a..b",
      ".x",
      "*",
      "é",
      "~+=@|",
      "]^_",
      "-",
      "{",
      "",
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), fc.string({ maxLength: 3 }), (parts, text) => {
        for (const prefix of [`${parts.join("/")}/`, `${text}/`, `a/${text}/`]) {
          if ("problem" in prefixTemplateFrom(prefix)) continue;
          expect([prefix, valid(rule({ prefix }))]).toEqual([prefix, true]);
        }
      }),
    );
  });
});
