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
const LIMITS = { maxBytes: 1000, contentTypes: ["image/jpeg", "video/*"] };
const upload = (limits: object, change: object = {}) =>
  rule({ allow: ["read", "upload"], upload: { ...LIMITS, ...limits }, ...change });
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
    ["limits of upload", upload({})],
    ["upload alone", upload({ overwrite: true }, { allow: ["upload"] })],
    ["an address for a rule without upload", rule({ sourceIp: "request", secureTransport: true })],
    [
      "promises about forms",
      test({ can: ["upload a b.jpg image/jpeg 17"], cannot: ["upload a.jpg image/svg+xml 3KiB"] }),
    ],
  ])("accepts %s, as the parser does", (_what, file) => {
    const content: unknown = JSON.parse(JSON.stringify(file));
    expect(accessRulesFrom(content).ok).toBe(true);
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
    ["a promise about a form without its size", test({ can: ["upload a.jpg image/jpeg"] })],
    ["a promise about a form without its type", test({ can: ["upload a.jpg 2MB"] })],
    ["a promise about a form with an unknown unit", test({ can: ["upload a.jpg image/jpeg 2mb"] })],
    ["upload without limits", rule({ allow: ["upload"] })],
    ["limits without upload", rule({ upload: LIMITS })],
    [
      "limits without upload, and without allow",
      rule({ allow: undefined, actions: ["oss:GetObject"], upload: LIMITS }),
    ],
    ["upload bound to an address", upload({}, { sourceIp: "request" })],
    ["upload bound to TLS", upload({}, { secureTransport: true })],
    ["a size in words", upload({ maxBytes: "10MB" })],
    ["no size", upload({ maxBytes: undefined })],
    ["a size of nothing", upload({ maxBytes: 0 })],
    ["a size above OSS's limit", upload({ maxBytes: 5_368_709_121 })],
    ["no types", upload({ contentTypes: [] })],
    ["every type", upload({ contentTypes: ["*/*"] })],
    ["a type with capitals", upload({ contentTypes: ["image/JPEG"] })],
    ["a type with parameters", upload({ contentTypes: ["text/plain; charset=utf-8"] })],
    ["a mistyped limit", upload({ maxbytes: 7 })],
    ["overwrite in words", upload({ overwrite: "no" })],
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
