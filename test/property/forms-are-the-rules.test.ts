import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sandboxClock } from "../../sandbox/clock.ts";
import { postPolicyFrom, refuseAgainstPolicy } from "../../sandbox/oss/post-policy.ts";
import { ossSigner } from "../../shared/adapters/oss-signer.ts";
import { downloadGrantFor } from "../../shared/domain/grant/download-grant.ts";
import type { Principal } from "../../shared/domain/grant/principal.ts";
import { ruleOutcomes } from "../../shared/domain/grant/rule-outcome.ts";
import { uploadGrantFor } from "../../shared/domain/grant/upload-grant.ts";
import { regionEndpoint } from "../../shared/domain/oss-endpoint.ts";
import { parsedObjectKey } from "../../shared/domain/prefix/object-key.ts";
import type { AccessRules, Rule, UploadLimits } from "../../shared/domain/rules/rule.ts";
import {
  ADDRESS,
  CALLERS,
  callers,
  FENCE_CASES,
  FENCE_TIMEOUT_MS,
  keysNear,
  principalFor,
  validRules,
} from "../support/near-fence.ts";
import { accessFile, BUCKET, rulesOf } from "../support/valet.ts";

const RUNS = Math.ceil(FENCE_CASES / CALLERS);
const PLACE = { bucket: BUCKET, sourceIp: ADDRESS };
const NOW_MS = Date.UTC(2026, 10, 27, 9);
const TYPES = ["image/jpeg", "image/png", "text/html", "application/pdf"];

const limits: fc.Arbitrary<UploadLimits> = fc.record({
  maxBytes: fc.integer({ min: 1, max: 2000 }),
  contentTypes: fc.constantFrom(
    ["image/jpeg"],
    ["image/jpeg", "text/html"],
    ["image/*"],
    ["application/pdf"],
  ),
  overwrite: fc.boolean(),
});

/** One more folder for everybody with a usable name, so that no set of rules is without forms. */
const [OWN_FORMS] = rulesOf(
  accessFile({
    rules: [
      {
        name: "forms",
        allow: ["read", "upload"],
        prefix: "own-forms/{sub}/",
        upload: { maxBytes: 500, contentTypes: ["image/*"] },
      },
    ],
  }),
).rules as [Rule];

/** Accepted rules, some of which take forms: some within other limits, some that only report. */
const rulesWithForms = fc
  .record({ accepted: validRules, each: fc.array(fc.option(limits), { minLength: 5, maxLength: 5 }) })
  .map(
    ({ accepted: { value }, each }): AccessRules => ({
      ...value,
      rules: [
        ...value.rules.map((rule, index) => ({ ...rule, upload: each[index] ?? undefined })),
        OWN_FORMS,
      ],
    }),
  );

const wish = fc.record({
  key: fc.nat({ max: 1000 }),
  contentType: fc.constantFrom("image/jpeg", "image/jpeg", "image/jpeg", ...TYPES),
  bytes: fc.option(fc.integer({ min: 0, max: 800 }), { nil: undefined }),
  seconds: fc.option(fc.integer({ min: 60, max: 3600 }), { nil: undefined }),
});

interface Folder {
  readonly rule: Rule;
  readonly prefix: string;
}

/** What the rules say, read anew: a rule that counts, without a condition that nothing signed can keep. */
function foldersOf(rules: AccessRules, principal: Principal): readonly Folder[] {
  return ruleOutcomes(principal, rules, PLACE).flatMap(({ rule, outcome }) =>
    outcome.kind === "matched" &&
    rule.mode === "enforce" &&
    rule.sourceIp === undefined &&
    rule.secureTransport === undefined
      ? [{ rule, prefix: outcome.prefix }]
      : [],
  );
}

function allows({ rule, prefix }: Folder, key: string, contentType: string, bytes: number): boolean {
  const { upload } = rule;
  return (
    upload !== undefined &&
    key.startsWith(prefix) &&
    bytes <= upload.maxBytes &&
    upload.contentTypes.some(
      (one) => one === contentType || (one === "image/*" && contentType.startsWith("image/")),
    )
  );
}

/** Two of three below the prefix itself. */
function keyNear(prefix: string, pick: number): string {
  const near = keysNear(prefix);
  return pick % 3 > 0 ? `${prefix}a.jpg` : (near[pick % near.length] ?? "");
}

const signer = ossSigner({
  region: "cn-hangzhou",
  endpoints: { ofBuckets: new Map(), others: regionEndpoint("cn-hangzhou") },
  credentials: () => ({ accessKeyId: "STS.key", accessKeySecret: "secret", securityToken: "token" }),
});

describe("for any accepted rules and any users", () => {
  it("no form is wider than a rule of its user, and none stores where only another may", {
    timeout: FENCE_TIMEOUT_MS,
  }, () => {
    const seen = { forms: 0, refused: 0 };
    fc.assert(
      fc.property(rulesWithForms, callers, wish, (rules, all, { key: pick, contentType, bytes, seconds }) => {
        const principals = all.flatMap((who) => principalFor(rules, who) ?? []);
        for (const owner of principals) {
          for (const { prefix } of foldersOf(rules, owner)) {
            const parsed = parsedObjectKey(keyNear(prefix, pick));
            if (!("key" in parsed)) continue;
            const { key } = parsed;
            for (const principal of principals) {
              const file = { target: { kind: "key", key }, contentType, bytes } as const;
              const grant = uploadGrantFor(
                principal,
                rules,
                { files: [file], expiresSeconds: seconds },
                PLACE,
              );
              const own = foldersOf(rules, principal);
              const may = own.some((folder) => allows(folder, key, contentType, bytes ?? 0));
              if (!grant.ok) {
                seen.refused += 1;
                // A longer life than a rule has is refused for itself, and an unsafe claim refuses everything.
                if (grant.refusal.code === "ACCESS_NOT_GRANTED") expect(may).toBe(false);
                continue;
              }
              seen.forms += 1;
              const [upload] = grant.value.uploads;
              expect(may).toBe(true);
              const within = own.some(
                (folder) =>
                  allows(folder, key, contentType, upload?.maxBytes ?? Number.POSITIVE_INFINITY) &&
                  folder.rule.upload?.overwrite === upload?.overwrite &&
                  (folder.rule.bucket ?? BUCKET) === upload?.bucket &&
                  grant.value.seconds <= (folder.rule.durationSeconds ?? rules.session.maxDurationSeconds),
              );
              expect(within, JSON.stringify(upload)).toBe(true);
              expect(upload?.key).toBe(key);
              expect(grant.value.seconds).toBeLessThanOrEqual(3600);
            }
          }
        }
      }),
      { numRuns: RUNS },
    );
    expect(seen.forms).toBeGreaterThan(RUNS / 50);
    expect(seen.refused).toBeGreaterThan(RUNS / 50);
  });

  it("no URL opens what its user may not read", { timeout: FENCE_TIMEOUT_MS }, () => {
    const seen = { urls: 0, refused: 0 };
    fc.assert(
      fc.property(rulesWithForms, callers, fc.nat({ max: 1000 }), (rules, all, pick) => {
        const principals = all.flatMap((who) => principalFor(rules, who) ?? []);
        for (const owner of principals) {
          for (const { prefix } of foldersOf(rules, owner)) {
            const parsed = parsedObjectKey(keyNear(prefix, pick));
            if (!("key" in parsed)) continue;
            const { key } = parsed;
            for (const principal of principals) {
              const wanted = { keys: [key], disposition: undefined, expiresSeconds: undefined };
              const grant = downloadGrantFor(principal, rules, wanted, PLACE);
              const [download] = grant.ok ? grant.value.downloads : [];
              seen[grant.ok ? "urls" : "refused"] += 1;
              if (!grant.ok && grant.refusal.code !== "ACCESS_NOT_GRANTED") continue;
              const may = foldersOf(rules, principal).some(
                ({ rule, prefix }) =>
                  rule.permissions.includes("read") &&
                  key.startsWith(prefix) &&
                  (download === undefined || (rule.bucket ?? BUCKET) === download.bucket),
              );
              expect(grant.ok).toBe(may);
            }
          }
        }
      }),
      { numRuns: RUNS },
    );
    expect(seen.urls).toBeGreaterThan(RUNS / 50);
    expect(seen.refused).toBeGreaterThan(RUNS / 50);
  });
});

describe("the policy of a form", () => {
  const upload = fc.record({
    bucket: fc.constant(BUCKET),
    key: fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 40 })
      .map((name) => parsedObjectKey(`photos/alice/${name}`))
      .filter((parsed): parsed is Extract<typeof parsed, { key: unknown }> => "key" in parsed)
      .map(({ key }) => key),
    contentType: fc.constantFrom(...TYPES),
    minBytes: fc.integer({ min: 0, max: 1000 }),
    maxBytes: fc.integer({ min: 1000, max: 5000 }),
    overwrite: fc.boolean(),
  });
  const clock = sandboxClock(() => NOW_MS);

  it("takes its own fields, and refuses every other value, every missing field and another bucket", () => {
    fc.assert(
      fc.property(upload, fc.string({ minLength: 1 }), (granted, other) => {
        const form = signer.form(granted, { signedAtMs: NOW_MS, expiresAtMs: NOW_MS + 60_000 });
        if (!form.ok) throw new Error(form.refusal.code);
        const { policy = "", "x-oss-signature": _signature, ...own } = form.value.fields;
        const parsed = postPolicyFrom(policy);
        const fields = new Map(
          [...Object.entries(own), ["bucket", BUCKET]].map(([name = "", value = ""]) => [
            name.toLowerCase(),
            value,
          ]),
        );
        const takes = (changed: ReadonlyMap<string, string>) => {
          try {
            refuseAgainstPolicy(parsed, changed, clock);
            return true;
          } catch {
            return false;
          }
        };
        expect(takes(fields)).toBe(true);
        expect(parsed.contentLength).toEqual({ min: granted.minBytes, max: granted.maxBytes });
        expect(parsed.expirationMs).toBe(NOW_MS + 60_000);
        for (const [name, value] of fields) {
          const without = new Map(fields);
          without.delete(name);
          expect(takes(without), `without ${name}`).toBe(false);
          for (const changed of [`${value}${other}`, value.slice(0, -1), other]) {
            if (changed === value) continue;
            expect(takes(new Map([...fields, [name, changed]])), `${name} is ${changed}`).toBe(false);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it("names nothing by a beginning or a list: one key, one type, one size range", () => {
    fc.assert(
      fc.property(upload, (granted) => {
        const form = signer.form(granted, { signedAtMs: NOW_MS, expiresAtMs: NOW_MS + 60_000 });
        if (!form.ok) throw new Error(form.refusal.code);
        const { conditions } = JSON.parse(
          Buffer.from(form.value.fields["policy"] ?? "", "base64").toString("utf8"),
        ) as { readonly conditions: readonly unknown[] };
        const operators = conditions.map((one) =>
          Array.isArray(one) ? one[0] : Object.keys(one as object).join(),
        );
        expect(new Set(operators)).toEqual(new Set(["bucket", "content-length-range", "eq"]));
        expect(operators.filter((one) => one !== "eq")).toHaveLength(2);
        expect(conditions).toContainEqual(["eq", "$key", granted.key]);
        expect(conditions).toContainEqual(["eq", "$x-oss-content-type", granted.contentType]);
        expect(conditions).toContainEqual(["eq", "$x-oss-object-acl", "default"]);
        expect(conditions).toContainEqual(["eq", "$x-oss-forbid-overwrite", String(!granted.overwrite)]);
      }),
      { numRuns: 100 },
    );
  });
});
