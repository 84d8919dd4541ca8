import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { doctor } from "../../cli/doctor/command.ts";
import { addBucket, addPolicy, attachPolicy } from "../../sandbox/world.ts";
import { type Deployment, type DoctorChange, emptyAccount } from "../support/deployment.ts";
import { faultsIn } from "../support/findings.ts";
import { readerOf } from "../support/valet.ts";
import { worldIsRestored } from "../support/world-state.ts";

let deployed: Deployment;

const APP = "https://app.example.com";

const CORS_FOR_BROWSERS = {
  allowedOrigins: [APP],
  allowedMethods: ["GET", "PUT", "POST", "HEAD", "DELETE"],
  allowedHeaders: ["*"],
  exposeHeaders: ["ETag", "x-oss-request-id"],
  maxAgeSeconds: 600,
};

beforeAll(async () => {
  deployed = await emptyAccount();
});

afterAll(async () => {
  await deployed.stop();
});

it("an empty account, provisioned: doctor finds nothing, credentials are vended, and nothing is left to change", async () => {
  const empty = await deployed.doctor();
  expect(empty.code).toBe(1);
  expect(faultsIn(empty.findings)).toEqual([
    {
      check: "client role oss-valet-client",
      outcome: "fail",
      seen: "does not exist",
      fix: expect.stringContaining("npm run valet -- provision apply"),
    },
    {
      check: "function's role oss-valet-function",
      outcome: "fail",
      seen: "does not exist",
      fix: expect.stringContaining("npm run valet -- provision apply"),
    },
    {
      check: "role of uploads oss-valet-uploads",
      outcome: "fail",
      seen: "does not exist",
      fix: "fix --uploads-role (and role in s.yaml), or create it: npm run valet -- provision apply; or add --no-uploads if the function uploads is not deployed",
    },
  ]);

  expect(await deployed.provision("apply", "--yes")).toMatchObject({ code: 0, errors: "" });
  deployed.bucket.cors.push(CORS_FOR_BROWSERS);
  const whole = await deployed.doctor({ environment: { ALLOWED_ORIGINS: APP } });
  expect(whole).toMatchObject({ code: 0 });
  expect(whole.findings.map(({ check, outcome }) => `${outcome} ${check}`)).toEqual([
    "ok settings",
    "ok OSS_ENDPOINT",
    "ok keys of issuer login",
    "ok STS",
    "ok clock",
    "ok operator's keys",
    "ok bucket examplebucket",
    "ok CORS of examplebucket",
    "ok client role oss-valet-client",
    "ok trust policy of oss-valet-client",
    "ok policies of oss-valet-client",
    "ok longest session of oss-valet-client",
    "ok function's role oss-valet-function",
    "ok trust policy of oss-valet-function",
    "ok policies of oss-valet-function",
    "ok role of uploads oss-valet-uploads",
    "ok trust policy of oss-valet-uploads",
    "ok policies of oss-valet-uploads",
    "skip log",
    "skip AssumeRole",
  ]);

  await deployed.deploy();
  const { sandbox } = deployed;
  const smoke = await deployed.smoke([
    `${sandbox.fc.url}/credentials`,
    ...["--token", sandbox.issuer.token(), "--oss-endpoint", sandbox.oss.url],
    ...["--expired-token", sandbox.issuer.token({}, { expiresInSeconds: -60 })],
  ]);
  expect(smoke, smoke.out).toMatchObject({ code: 0 });
  expect(await deployed.provision("apply", "--yes")).toEqual({
    code: 0,
    out: "Nothing to change.",
    errors: "",
  });
});

describe("doctor names the cause and what to do", () => {
  worldIsRestored(() => deployed);

  interface Case extends DoctorChange {
    readonly name: string;
    readonly plant?: (where: Deployment) => void;
    /** Everything that is not well, in this order: where, the cause, the remedy. */
    readonly told: readonly (readonly [
      outcome: "fail" | "warn",
      check: string,
      cause: RegExp,
      remedy: RegExp,
    ])[];
  }

  /** The rules are fewer than those that provision saw. */
  const WITHOUT_TEAMS = [
    "warn",
    "policies of oss-valet-uploads",
    /oss-valet-client-uploads allows more than the rules need: oss:GetObject acs:oss:\*:\*:examplebucket\/teams\//,
    /provision apply/,
  ] as const;
  const FORMS = {
    name: "photos",
    allow: ["upload"],
    prefix: "photos/{sub}/",
    upload: { maxBytes: 100, contentTypes: ["image/*"] },
  };

  /** What the roles of a deployment have and lack when a rule with upload takes the place of all others. */
  const MADE_BEFORE_FORMS: Case["told"] = [
    [
      "warn",
      "policies of oss-valet-client",
      /oss-valet-client-access allows more than the rules need/,
      /provision apply/,
    ],
    [
      "fail",
      "policies of oss-valet-uploads",
      /too narrow for rule "photos": oss:PutObject will fail with AccessDenied \(identity policy: no statement allows/,
      /provision apply --allow-widening/,
    ],
    [
      "warn",
      "policies of oss-valet-uploads",
      /oss-valet-client-uploads allows more than the rules need: oss:GetObject/,
      /provision apply/,
    ],
  ];

  const cases: readonly Case[] = [
    {
      name: "no role of uploads",
      plant: ({ account }) => account.roles.delete("oss-valet-uploads"),
      told: [
        [
          "fail",
          "role of uploads oss-valet-uploads",
          /^does not exist$/,
          /^fix --uploads-role .*, or create it: npm run valet -- provision apply; or add --no-uploads/,
        ],
      ],
    },
    {
      name: "no role of uploads, and none is wanted",
      plant: ({ account }) => account.roles.delete("oss-valet-uploads"),
      args: ["--no-uploads"],
      told: [],
    },
    {
      name: "a role of uploads that Function Compute may not take on",
      plant: (where) => {
        where.role("oss-valet-uploads").trustPolicy = trustPolicy({ Service: ["ecs.aliyuncs.com"] });
      },
      told: [
        [
          "fail",
          "trust policy of oss-valet-uploads",
          /trusts Service ecs\.aliyuncs\.com, but not fc\.aliyuncs\.com/,
          /provision apply/,
        ],
      ],
    },
    {
      name: "a role of uploads that another account may take on",
      plant: (where) => {
        where.role("oss-valet-uploads").trustPolicy = trustPolicy({
          Service: ["fc.aliyuncs.com"],
          RAM: ["acs:ram::9999999999999999:root"],
        });
      },
      told: [
        [
          "fail",
          "trust policy of oss-valet-uploads",
          /another account: .* may store and get everything that forms and signed URLs of access\.yaml may/,
          /provision apply/,
        ],
      ],
    },
    {
      name: "a role of uploads that was made before the rule with upload",
      access: { rules: [FORMS] },
      told: MADE_BEFORE_FORMS,
    },
    {
      name: "a role of uploads without its policy",
      plant: (where) => where.role("oss-valet-uploads").attached.splice(0),
      told: [
        [
          "fail",
          "policies of oss-valet-uploads",
          /oss-valet-client-uploads is not attached: every rule will fail with AccessDenied/,
          /provision apply --allow-widening, unless somebody detached it to stop everything/,
        ],
      ],
    },
    {
      name: "a role of uploads that may do everything on OSS",
      plant: (where) =>
        attachPolicy(where.sandbox.world, where.role("oss-valet-uploads"), "System", "AliyunOSSFullAccess"),
      told: [
        [
          "warn",
          "policies of oss-valet-uploads",
          /AliyunOSSFullAccess allows more than the rules need: oss:\* \*/,
          /detach AliyunOSSFullAccess from oss-valet-uploads/,
        ],
      ],
    },
    {
      name: "a bucket policy that denies what the role of uploads needs",
      plant: ({ bucket }) => {
        bucket.policy = policy({
          Effect: "Deny",
          Action: ["oss:GetObject"],
          Principal: ["arn:sts::1234567890123456:assumed-role/oss-valet-uploads/*"],
          Resource: ["acs:oss:*:*:examplebucket/*"],
        });
      },
      told: [
        [
          "fail",
          "bucket policy of examplebucket",
          /statement 0 denies oss:GetObject, which access\.yaml grants: "own folder", "teams" will fail/,
          /remove that statement/,
        ],
      ],
    },
    {
      name: "a bucket policy for the role of uploads, which is no stranger",
      plant: ({ bucket }) => {
        bucket.policy = policy({
          Effect: "Allow",
          Action: ["oss:GetObject"],
          Principal: ["arn:sts::1234567890123456:assumed-role/oss-valet-uploads/*"],
          Resource: ["acs:oss:*:*:examplebucket/users/*"],
        });
      },
      told: [],
    },
    {
      name: "the same, where nobody signs",
      args: ["--no-uploads"],
      plant: ({ bucket }) => {
        bucket.policy = policy({
          Effect: "Allow",
          Action: ["oss:GetObject"],
          Principal: ["arn:sts::1234567890123456:assumed-role/oss-valet-uploads/*"],
          Resource: ["acs:oss:*:*:examplebucket/users/*"],
        });
      },
      told: [
        [
          "warn",
          "bucket policy of examplebucket",
          /allows oss:GetObject .* to role oss-valet-uploads, whatever access\.yaml says/,
          /remove "arn:sts::/,
        ],
      ],
    },
    {
      name: "CORS without POST, with forms in browsers",
      plant: (where) => {
        where.bucket.cors.splice(0, 1, { ...CORS_FOR_BROWSERS, allowedMethods: ["GET"], exposeHeaders: [] });
        clientPolicy(where, { Effect: "Deny", Action: "oss:*", Resource: "acs:oss:*:*:*" });
        addPolicy(
          where.sandbox.world,
          where.account,
          "oss-valet-client-uploads",
          policy(statement("oss:PutObject", "acs:oss:*:*:examplebucket/photos/*/*")),
        );
      },
      environment: { ALLOWED_ORIGINS: APP },
      access: { rules: [FORMS] },
      told: [
        [
          "fail",
          "CORS of examplebucket",
          /POST with all headers \(\*\) is not allowed from https:\/\/app\.example\.com/,
          /origin https:\/\/app\.example\.com, methods POST, headers \*$/,
        ],
      ],
    },
    {
      name: "a client role that trusts another account's function",
      plant: (where) => trust(where, { RAM: ["acs:ram::9999999999999999:role/oss-valet-function"] }),
      told: [
        [
          "fail",
          "trust policy of oss-valet-client",
          /trusts acs:ram::9999999999999999:role\/oss-valet-function, but not acs:ram::1234567890123456:role\/oss-valet-function: .*NoPermission/,
          /provision apply --allow-widening/,
        ],
      ],
    },
    {
      name: "a client role that trusts another account, too",
      plant: (where) =>
        trust(where, {
          RAM: ["acs:ram::1234567890123456:role/oss-valet-function", "acs:ram::9999999999999999:root"],
        }),
      told: [
        [
          "fail",
          "trust policy of oss-valet-client",
          /trusts another account: acs:ram::9999999999999999:root/,
          /provision apply/,
        ],
      ],
    },
    {
      name: "a client role that trusts everybody of the account",
      plant: (where) => trust(where, { RAM: ["acs:ram::1234567890123456:root"] }),
      told: [
        [
          "warn",
          "trust policy of oss-valet-client",
          /every user and role of the account/,
          /provision apply: afterwards the role trusts only acs:ram::1234567890123456:role\/oss-valet-function$/,
        ],
      ],
    },
    {
      name: "a client role that trusts Function Compute itself",
      plant: (where) =>
        trust(where, {
          RAM: ["acs:ram::1234567890123456:role/oss-valet-function"],
          Service: ["fc.aliyuncs.com"],
        }),
      told: [
        [
          "warn",
          "trust policy of oss-valet-client",
          /also trusts Service fc\.aliyuncs\.com/,
          /provision apply/,
        ],
      ],
    },
    {
      name: "a role policy without ListObjects",
      plant: (where) => clientPolicy(where, statement("oss:*Object", "acs:oss:*:*:examplebucket/users/*")),
      args: [],
      access: { rules: [{ name: "own folder", allow: ["read", "list"], prefix: "users/{sub}/" }] },
      told: [
        [
          "fail",
          "policies of oss-valet-client",
          /too narrow for rule "own folder": oss:ListObjects will fail with AccessDenied \(identity policy: no statement allows oss:ListObjects on /,
          /provision apply --allow-widening/,
        ],
        [
          "warn",
          "policies of oss-valet-client",
          /oss-valet-client-access allows more than the rules need: oss:\*Object acs:oss:\*:\*:examplebucket\/users\/\*/,
          /provision apply/,
        ],
        WITHOUT_TEAMS,
      ],
    },
    {
      name: "a role policy for another bucket",
      plant: (where) => clientPolicy(where, statement("oss:GetObject", "acs:oss:*:*:other-bucket/users/*/*")),
      access: { rules: [{ name: "own folder", allow: ["read"], prefix: "users/{sub}/" }] },
      told: [
        [
          "fail",
          "policies of oss-valet-client",
          /too narrow for rule "own folder": oss:GetObject will fail .*examplebucket\/users\/alice\/alice/,
          /provision apply/,
        ],
        [
          "warn",
          "policies of oss-valet-client",
          /oss:GetObject acs:oss:\*:\*:other-bucket/,
          /provision apply/,
        ],
        WITHOUT_TEAMS,
      ],
    },
    {
      name: "a role policy that cannot be read, which RAM has accepted",
      plant: (where) => {
        addPolicy(
          where.sandbox.world,
          where.account,
          "odd",
          policy({ Effect: "Allow", Action: "oss:*", NotResource: "acs:oss:*:*:logs/*" }),
        );
        attachPolicy(where.sandbox.world, where.role("oss-valet-client"), "Custom", "odd");
      },
      told: [
        [
          "fail",
          "client role oss-valet-client",
          /its policy odd cannot be checked: Statement\[0\] has an unknown element NotResource; but RAM has accepted it/,
          /detach odd, or check it by hand/,
        ],
      ],
    },
    {
      name: "a role policy that denies what a rule grants",
      plant: (where) => {
        addPolicy(
          where.sandbox.world,
          where.account,
          "guard",
          policy({ Effect: "Deny", Action: "oss:DeleteObject", Resource: "*" }),
        );
        attachPolicy(where.sandbox.world, where.role("oss-valet-client"), "Custom", "guard");
      },
      told: [
        [
          "fail",
          "policies of oss-valet-client",
          /rule "own folder": oss:DeleteObject will fail .*statement 0 of guard denies/,
          /remove that Deny from oss-valet-client/,
        ],
      ],
    },
    {
      name: "a role that may do everything on OSS",
      plant: (where) =>
        attachPolicy(where.sandbox.world, where.role("oss-valet-client"), "System", "AliyunOSSFullAccess"),
      told: [
        [
          "warn",
          "policies of oss-valet-client",
          /AliyunOSSFullAccess allows more than the rules need: oss:\* \*/,
          /detach AliyunOSSFullAccess from oss-valet-client/,
        ],
      ],
    },
    {
      name: "a role whose sessions are shorter than Apps may ask for",
      access: { session: { duration: 3600, maxDuration: 7200 } },
      told: [
        [
          "fail",
          "longest session of oss-valet-client",
          /3600 s, but access\.yaml lets Apps ask for 7200 s: .*InvalidParameter\.DurationSeconds/,
          /provision apply --allow-widening; or write session\.maxDuration: 3600/,
        ],
      ],
    },
    {
      name: "no client role",
      plant: ({ account }) => account.roles.delete("oss-valet-client"),
      told: [
        [
          "fail",
          "client role oss-valet-client",
          /does not exist/,
          /^fix OSS_ROLE_ARN, or create it: npm run valet -- provision apply$/,
        ],
      ],
    },
    {
      name: "no function's role",
      plant: ({ account }) => account.roles.delete("oss-valet-function"),
      told: [
        [
          "fail",
          "function's role oss-valet-function",
          /does not exist/,
          /^fix --function-role .*, or create it: npm run valet -- provision apply$/,
        ],
      ],
    },
    {
      name: "a function's role that Function Compute may not take on",
      plant: (where) => {
        where.role("oss-valet-function").trustPolicy = trustPolicy({ Service: ["ecs.aliyuncs.com"] });
      },
      told: [
        [
          "fail",
          "trust policy of oss-valet-function",
          /trusts Service ecs\.aliyuncs\.com, but not fc\.aliyuncs\.com/,
          /provision apply/,
        ],
      ],
    },
    {
      name: "a function's role that may not assume the client role",
      plant: (where) => where.role("oss-valet-function").attached.splice(0),
      told: [
        [
          "fail",
          "policies of oss-valet-function",
          /may not assume acs:ram::1234567890123456:role\/oss-valet-client \(identity policy: no statement allows/,
          /provision apply/,
        ],
      ],
    },
    {
      name: "a function's role that may assume any role",
      plant: (where) =>
        attachPolicy(
          where.sandbox.world,
          where.role("oss-valet-function"),
          "System",
          "AliyunSTSAssumeRoleAccess",
        ),
      told: [
        [
          "warn",
          "policies of oss-valet-function",
          /AliyunSTSAssumeRoleAccess allows more than assuming the client role: sts:AssumeRole \*/,
          /detach AliyunSTSAssumeRoleAccess from oss-valet-function/,
        ],
      ],
    },
    {
      name: "a role of another account",
      environment: { OSS_ROLE_ARN: "acs:ram::9999999999999999:role/oss-valet-client" },
      told: [
        [
          "fail",
          "client role",
          /OSS_ROLE_ARN belongs to account 9999999999999999, but the operator's keys belong to account 1234567890123456/,
          /fix the account ID in OSS_ROLE_ARN/,
        ],
      ],
    },
    {
      name: "a public bucket",
      plant: ({ bucket }) => {
        bucket.acl = "public-read";
      },
      told: [["fail", "bucket examplebucket", /its ACL is public-read: anybody can read/, /to private/]],
    },
    {
      name: "a bucket policy for everybody",
      plant: ({ bucket }) => {
        bucket.policy = policy({
          Effect: "Allow",
          Action: ["oss:GetObject"],
          Principal: ["*"],
          Resource: ["acs:oss:*:*:examplebucket/*"],
        });
      },
      told: [
        [
          "fail",
          "bucket policy of examplebucket",
          /allows oss:GetObject on acs:oss:\*:\*:examplebucket\/\* to anybody, whatever access\.yaml says/,
          /remove "\*" from its Principal/,
        ],
      ],
    },
    {
      name: "a bucket policy that cannot be read",
      plant: ({ sandbox }) =>
        sandbox.faults.add({
          service: "oss",
          operation: "GET /examplebucket/?policy",
          fault: { kind: "answer", status: 403, body: "" },
        }),
      told: [["fail", "bucket policy of examplebucket", /AccessDenied/, /AliyunOSSReadOnlyAccess/]],
    },
    ...(["Enabled", "Suspended"] as const).map((versioning) => ({
      name: `forms that must not replace a file, in a bucket that keeps versions: ${versioning}`,
      plant: ({ bucket }: Deployment) => Object.assign(bucket, { versioning }),
      access: { rules: [FORMS] },
      told: [
        [
          "warn" as const,
          "versions in examplebucket",
          /^the bucket keeps versions, and so OSS ignores overwrite: false of photos: a form can be posted again/,
          /^use a bucket without versioning for these rules, unless/,
        ] as const,
        ...MADE_BEFORE_FORMS,
      ],
    })),
    {
      name: "forms that may replace a file, in a bucket that keeps versions",
      plant: ({ bucket }) => Object.assign(bucket, { versioning: "Enabled" }),
      access: { rules: [{ ...FORMS, upload: { ...FORMS.upload, overwrite: true } }] },
      told: MADE_BEFORE_FORMS,
    },
    {
      name: "credentials alone, in a bucket that keeps versions",
      plant: ({ bucket }) => Object.assign(bucket, { versioning: "Enabled" }),
      told: [],
    },
    {
      name: "no such bucket",
      plant: ({ sandbox }) => sandbox.world.buckets.delete("examplebucket"),
      told: [
        [
          "fail",
          "bucket examplebucket",
          /does not exist in cn-hangzhou, and the account has no bucket of that name/,
          /fix OSS_BUCKET .*or create the bucket/,
        ],
      ],
    },
    {
      name: "somebody else's bucket",
      plant: ({ sandbox }) => {
        sandbox.world.buckets.delete("examplebucket");
        addBucket(sandbox.world, {
          name: "examplebucket",
          ownerId: "9999999999999999",
          region: "cn-hangzhou",
        });
      },
      told: [["fail", "bucket examplebucket", /AccessDenied/, /or the bucket belongs to somebody else/]],
    },
    {
      name: "no CORS, with Apps in browsers",
      plant: ({ bucket }) => bucket.cors.splice(0),
      environment: { ALLOWED_ORIGINS: APP },
      told: [
        [
          "fail",
          "CORS of examplebucket",
          /the bucket has no CORS rule, but ALLOWED_ORIGINS is set/,
          /origin https:\/\/app\.example\.com, methods GET HEAD PUT POST DELETE, headers \*, expose ETag x-oss-request-id/,
        ],
      ],
    },
    {
      name: "CORS without PUT",
      plant: ({ bucket }) =>
        bucket.cors.splice(0, 1, { ...CORS_FOR_BROWSERS, allowedMethods: ["GET", "HEAD", "POST", "DELETE"] }),
      environment: { ALLOWED_ORIGINS: APP },
      told: [
        [
          "fail",
          "CORS of examplebucket",
          /PUT with all headers \(\*\) is not allowed/,
          /methods GET HEAD PUT/,
        ],
      ],
    },
    {
      name: "CORS that hides the ETag",
      plant: ({ bucket }) => bucket.cors.splice(0, 1, { ...CORS_FOR_BROWSERS, exposeHeaders: [] }),
      environment: { ALLOWED_ORIGINS: APP },
      told: [
        [
          "fail",
          "CORS of examplebucket",
          /rule 1, which decides for GET from https:\/\/app\.example\.com, does not expose ETag, x-oss-request-id/,
          /add ETag x-oss-request-id to what rule 1 exposes/,
        ],
      ],
    },
    {
      name: "CORS for another origin",
      environment: { ALLOWED_ORIGINS: "https://other.example.com" },
      told: [
        [
          "fail",
          "CORS of examplebucket",
          /no rule allows https:\/\/other\.example\.com/,
          /origin https:\/\/other\.example\.com/,
        ],
      ],
    },
    {
      name: "another region than the bucket's",
      environment: { OSS_REGION: "cn-beijing" },
      told: [
        [
          "fail",
          "bucket examplebucket",
          /is in cn-hangzhou, but OSS_REGION is cn-beijing/,
          /OSS_REGION=cn-hangzhou/,
        ],
      ],
    },
    {
      name: "a region with oss- before it",
      environment: { OSS_REGION: "oss-cn-hangzhou" },
      told: [["fail", "settings", /OSS_REGION is "oss-cn-hangzhou"/, /^write its ID alone: cn-hangzhou$/]],
    },
    {
      name: "an OSS endpoint of another region",
      environment: { OSS_ENDPOINT: "https://oss-cn-beijing.aliyuncs.com" },
      told: [
        [
          "fail",
          "OSS_ENDPOINT",
          /is in cn-beijing, but OSS_REGION is cn-hangzhou: Apps would get NoSuchBucket/,
          /https:\/\/oss-cn-hangzhou\.aliyuncs\.com/,
        ],
      ],
    },
    {
      name: "an OSS endpoint with the bucket in it",
      environment: { OSS_ENDPOINT: "https://examplebucket.oss-cn-hangzhou.aliyuncs.com" },
      told: [
        [
          "fail",
          "settings",
          /OSS_ENDPOINT is "https:\/\/examplebucket\./,
          /^write https:\/\/oss-cn-hangzhou\.aliyuncs\.com: the SDKs put the bucket before it themselves$/,
        ],
      ],
    },
    {
      name: "an OSS endpoint that no phone reaches",
      environment: { OSS_ENDPOINT: "https://oss-cn-hangzhou-internal.aliyuncs.com" },
      told: [
        [
          "warn",
          "OSS_ENDPOINT",
          /only inside Alibaba Cloud's region cn-hangzhou/,
          /unless every App runs there/,
        ],
      ],
    },
    {
      name: "an OSS endpoint of transfer acceleration",
      environment: { OSS_ENDPOINT: "https://oss-accelerate-overseas.aliyuncs.com" },
      told: [],
    },
    {
      name: "several wrong settings at once",
      environment: { OSS_BUCKET: "oss://examplebucket", OSS_ROLE_ARN: "oss-valet-client" },
      told: [
        ["fail", "settings", /OSS_BUCKET is "oss:\/\/examplebucket"/, /write the bucket's name/],
        ["fail", "settings", /OSS_ROLE_ARN is "oss-valet-client"/, /write the role's ARN/],
      ],
    },
    {
      name: "an HS secret that is too short",
      environment: { JWT_SECRET: "short" },
      access: {
        issuers: [
          {
            name: "login",
            issuer: "https://login.example.com/",
            audience: "photo-app",
            secret: "JWT_SECRET",
          },
        ],
      },
      told: [["fail", "settings", /^JWT_SECRET has 5 bytes, but a secret needs 32$/, /^make a secret with/]],
    },
    {
      name: "keys that are disabled",
      plant: ({ account }) => {
        for (const key of account.users.get("administrator")?.accessKeys ?? []) key.status = "Inactive";
      },
      told: [["fail", "operator's keys", /InvalidAccessKeyId\.Inactive: /, /enable it in RAM/]],
    },
    {
      name: "keys that do not exist",
      environment: { ALIBABA_CLOUD_ACCESS_KEY_ID: "LTAIdoesnotexist" },
      told: [
        [
          "fail",
          "operator's keys",
          /InvalidAccessKeyId\.NotFound: /,
          /ALIBABA_CLOUD_ACCESS_KEY_ID to a key that exists/,
        ],
      ],
    },
    {
      name: "another key's secret",
      environment: { ALIBABA_CLOUD_ACCESS_KEY_SECRET: "another" },
      told: [
        [
          "fail",
          "operator's keys",
          /^SignatureDoesNotMatch: Specified signature is not matched with our calculation\.$/,
          /ALIBABA_CLOUD_ACCESS_KEY_SECRET to the secret of exactly this key/,
        ],
      ],
    },
    {
      name: "temporary keys without their token",
      environment: { ALIBABA_CLOUD_ACCESS_KEY_ID: "STS.abc" },
      told: [
        [
          "fail",
          "settings",
          /^ALIBABA_CLOUD_SECURITY_TOKEN is not set, but ALIBABA_CLOUD_ACCESS_KEY_ID is temporary \(STS\.…\)$/,
          /^set the token that came with this key$/,
        ],
      ],
    },
    {
      name: "no keys",
      environment: { ALIBABA_CLOUD_ACCESS_KEY_ID: "", ALIBABA_CLOUD_ACCESS_KEY_SECRET: "" },
      told: [["fail", "operator's keys", /are not set/, /an operator who may read RAM/]],
    },
    {
      name: "keys that may not read RAM and OSS",
      plant: ({ account }) => account.users.get("administrator")?.attached.splice(0),
      told: [
        ["fail", "bucket examplebucket", /AccessDenied/, /AliyunOSSReadOnlyAccess/],
        ["fail", "RAM", /NoPermission/, /AliyunRAMReadOnlyAccess/],
      ],
    },
    {
      name: "a clock that is 20 minutes behind",
      plant: ({ sandbox }) => sandbox.clock.skew(20 * 60_000),
      told: [
        [
          "fail",
          "clock",
          /this machine's clock is (1199|1200|1201) s behind the clock of STS: .*InvalidTimeStamp\.Expired/,
          /NTP/,
        ],
      ],
    },
    {
      name: "a clock that is 2 minutes ahead",
      plant: ({ sandbox }) => sandbox.clock.skew(-2 * 60_000),
      told: [["warn", "clock", /(119|120|121) s ahead of the clock of STS/, /NTP/]],
    },
    {
      name: "an STS that is not there",
      environment: { STS_ENDPOINT: "http://127.0.0.1:1" },
      told: [["fail", "STS", /^127\.0\.0\.1:1: no answer: no connection$/, /fix OSS_REGION or STS_ENDPOINT/]],
    },
    {
      name: "an issuer that is down",
      plant: ({ sandbox }) =>
        sandbox.faults.add({ service: "issuer", fault: { kind: "error", status: 503 } }),
      told: [
        [
          "fail",
          "keys of issuer login",
          /jwks\.json answered with status 503/,
          /the function must reach this address/,
        ],
      ],
    },
    {
      name: "an issuer whose keys are for another algorithm",
      access: { issuers: [] },
      told: [
        [
          "fail",
          "keys of issuer login",
          /no usable key for ES256; it contains RSA \(RS256\)/,
          /set algorithms in access.yaml to what the issuer signs with/,
        ],
      ],
    },
    {
      name: "an issuer whose keys are for encryption",
      plant: ({ sandbox }) =>
        sandbox.faults.add({
          service: "issuer",
          fault: { kind: "answer", status: 200, body: encryptionKeys(sandbox.issuer.jwks()) },
        }),
      told: [
        [
          "fail",
          "keys of issuer login",
          /no usable key for RS256; it contains RSA \(RS256, use: enc\)$/,
          /have the issuer publish a key for RS256/,
        ],
      ],
    },
    {
      name: "an issuer whose address of keys is another page",
      plant: ({ sandbox }) => sandbox.faults.add({ service: "issuer", fault: { kind: "html" } }),
      told: [["fail", "keys of issuer login", /answered with status 502/, /fix jwks/]],
    },
  ];

  it.each(cases)("$name", async ({ plant, told, ...change }) => {
    plant?.(deployed);
    const { code, findings } = await deployed.doctor(withIssuer(change));
    expect(faultsIn(findings)).toEqual(
      told.map(([outcome, check, cause, remedy]) => ({
        check,
        outcome,
        seen: expect.stringMatching(cause),
        fix: expect.stringMatching(remedy),
      })),
    );
    expect(code).toBe(told.some(([outcome]) => outcome === "fail") ? 1 : 0);
  });
});

it("prints a line for each check, and below a failure what to do; no key among them", async () => {
  const out: string[] = [];
  const { environment } = deployed;
  const code = await doctor.run(
    [],
    {
      environment: { ...environment, OSS_REGION: "cn-beijing" },
      out: (text) => out.push(text),
      error: (text) => out.push(text),
      ask: undefined,
      question: undefined,
      colour: false,
      nowMs: Date.now,
      wait: async () => undefined,
    },
    readerOf(deployed.access),
  );
  expect(code).toBe(1);
  expect(out.find((line) => line.startsWith("FAIL"))).toBe(
    "FAIL   bucket examplebucket: is in cn-hangzhou, but OSS_REGION is cn-beijing\n       → write OSS_REGION=cn-hangzhou",
  );
  expect(out.at(-1)).toBe("1 problem found.");
  for (const secret of [environment["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] ?? "", "security-token"])
    expect(out.join("\n")).not.toContain(secret);
});

it.each([
  ["RAM in the clear", { RAM_ENDPOINT: "http://ram.example.com" }, [], /RAM_ENDPOINT: write https/],
  ["OSS in the clear", {}, ["--oss-endpoint", "http://oss.example.com"], /--oss-endpoint: write https/],
])("refuses to send keys to %s", async (_case, environment, args, message) => {
  await expect(deployed.doctor({ environment, args })).rejects.toThrow(message);
});

/** An empty list of issuers stands for the local one, asked for ES256. */
function withIssuer(change: DoctorChange): DoctorChange {
  const issuers = change.access?.["issuers"];
  if (!Array.isArray(issuers) || issuers.length > 0) return change;
  const [local] = deployed.access["issuers"] as readonly object[];
  return { ...change, access: { ...change.access, issuers: [{ ...local, algorithms: ["ES256"] }] } };
}

function encryptionKeys({ keys }: { readonly keys: readonly object[] }): string {
  return JSON.stringify({ keys: keys.map((key) => ({ ...key, use: "enc" })) });
}

function trust({ role }: Deployment, principal: object): void {
  role("oss-valet-client").trustPolicy = trustPolicy(principal);
}

function trustPolicy(principal: object): string {
  return policy({ Effect: "Allow", Action: "sts:AssumeRole", Principal: principal });
}

function clientPolicy({ sandbox, account }: Deployment, ...statements: readonly object[]): void {
  addPolicy(sandbox.world, account, "oss-valet-client-access", policy(...statements));
}

function statement(action: string, resource: string): object {
  return { Effect: "Allow", Action: action, Resource: resource };
}

function policy(...statements: readonly object[]): string {
  return JSON.stringify({ Version: "1", Statement: statements });
}
