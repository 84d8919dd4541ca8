import { stringify } from "yaml";
import { FUNCTION_ROLE, UPLOADS_ROLE } from "../../cli/provision/settings.ts";

/** What stands before the token's `sub`. Source: docs.github.com, "OpenID Connect reference". */
const GITHUB = "https://token.actions.githubusercontent.com";
/** What the action asks GitHub for. Source: aliyun/configure-aliyun-credentials-action v1.0.7, action.yml. */
export const AUDIENCE = "sts.aliyuncs.com";
export const CI_PROVIDER = "github";
export const CI_ROLE = "oss-valet-deploy";
/** The least that RAM takes; the workflow asks for half an hour. */
export const MAX_SESSION_SECONDS = 3600;

/** Of s.yaml. */
const FUNCTIONS = ["oss-valet", "oss-valet-uploads"];

/** What differs between accounts, in the language of who applies the template. */
interface Values {
  readonly account: string;
  readonly region: string;
  readonly bucket: string;
  /** OWNER/NAME */
  readonly repository: string;
  readonly branch: string;
}

export interface Statement {
  readonly Effect: "Allow";
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
}

/** Only runs of that workflow repository's branch: a pull request has another `sub`, and so has another branch, tag or environment. */
export function trustPolicy({ account, repository, branch }: Omit<Values, "region" | "bucket">): object {
  return {
    Version: "1",
    Statement: [
      {
        Effect: "Allow",
        Action: "sts:AssumeRole",
        Principal: { Federated: [`acs:ram::${account}:oidc-provider/${CI_PROVIDER}`] },
        Condition: {
          StringEquals: {
            "oidc:iss": GITHUB,
            "oidc:aud": AUDIENCE,
            "oidc:sub": `repo:${repository}:ref:refs/heads/${branch}`,
          },
        },
      },
    ],
  };
}

/**
 * What `s deploy` of s.yaml and `valet doctor` call, and no more. Actions and resources of Function Compute: help.aliyun.com,
 * "Permission policies and samples" of Function Compute 3.0, and docs of devsapp/fc3. No action deletes or invokes a function,
 * and none changes RAM.
 */
export function statements({
  account,
  region,
  bucket,
}: Omit<Values, "repository" | "branch">): readonly Statement[] {
  const functions = FUNCTIONS.map((name) => `acs:fc:${region}:${account}:functions/${name}`);
  const allow = (Action: readonly string[], Resource: readonly string[]): Statement => ({
    Effect: "Allow",
    Action,
    Resource,
  });
  return [
    allow(
      [
        "fc:GetFunction",
        "fc:CreateFunction",
        "fc:UpdateFunction",
        "fc:GetFunctionCode",
        "fc:GetConcurrencyConfig",
        "fc:PutConcurrencyConfig",
        "fc:GetFunctionAsyncInvokeConfig",
        "fc:PutFunctionAsyncInvokeConfig",
        "fc:GetProvisionConfig",
        "fc:ListProvisionConfigs",
        "fc:GetScalingConfig",
      ],
      functions.flatMap((one) => [one, `${one}/LATEST`]),
    ),
    allow(
      ["fc:ListTriggers", "fc:GetTrigger", "fc:CreateTrigger", "fc:UpdateTrigger"],
      functions.map((one) => `${one}/triggers/*`),
    ),
    allow(
      ["fc:ListVpcBindings"],
      functions.map((one) => `${one}/vpc-bindings/*`),
    ),
    allow(
      ["ram:PassRole"],
      [FUNCTION_ROLE, UPLOADS_ROLE].map((name) => `acs:ram:*:${account}:role/${name}`),
    ),
    // `logConfig: auto` makes a project and a logstore, whose names s.yaml does not say.
    allow(
      [
        "log:GetProject",
        "log:CreateProject",
        "log:GetLogStore",
        "log:CreateLogStore",
        "log:GetIndex",
        "log:CreateIndex",
        "log:UpdateIndex",
      ],
      [`acs:log:${region}:${account}:project/*`],
    ),
    // For doctor, which only reads.
    allow(["ram:GetRole", "ram:ListPoliciesForRole"], [`acs:ram:*:${account}:role/oss-valet-*`]),
    allow(
      ["ram:GetPolicy", "ram:ListPolicyVersions"],
      [`acs:ram:*:${account}:policy/*`, "acs:ram:*:system:policy/*"],
    ),
    allow(
      ["oss:GetBucketInfo", "oss:GetBucketPolicy", "oss:GetBucketCors", "oss:ListObjects"],
      [`acs:oss:*:*:${bucket}`],
    ),
  ];
}

/** What Terraform and ROS put a value in place of. */
const expression = (text: string): string => `\${${text}}`;

const PARAMETERS = {
  account_id: "The Alibaba Cloud account: 16 digits",
  region: "Of the functions, such as cn-hangzhou",
  bucket: "The bucket in access.yaml, or OSS_BUCKET",
  repository: "Who may deploy: the repository on GitHub, as OWNER/NAME",
  branch: "Who may deploy: the branch",
  fingerprints: `SHA-1 fingerprints of the certificate authority of ${GITHUB}: 40 hexadecimal digits each`,
  has_provider: "Whether to make the OIDC provider. false: the account has one of the name github already",
} as const;

const COMMENT =
  "npm run generate makes this file from scripts/ops. docs/deploy.md, From CI, says how to apply it.";

/** The text of ops/terraform/ci/ci.tf.json. A folder of its own: Terraform reads all files of a folder as one. */
export function ciTerraformText(): string {
  const of = (name: keyof typeof PARAMETERS): string => expression(`var.${name}`);
  const values = {
    account: of("account_id"),
    region: of("region"),
    bucket: of("bucket"),
    repository: of("repository"),
    branch: of("branch"),
  };
  const text = { type: "string" };
  const described = (name: keyof typeof PARAMETERS, more: object): object => ({
    ...more,
    description: PARAMETERS[name],
  });
  const terraform = {
    "//": COMMENT,
    terraform: { required_providers: { alicloud: { source: "aliyun/alicloud", version: ">= 1.252.0" } } },
    variable: {
      account_id: described("account_id", text),
      region: described("region", text),
      bucket: described("bucket", text),
      repository: described("repository", text),
      branch: described("branch", { ...text, default: "main" }),
      fingerprints: described("fingerprints", { type: "list(string)", default: [] }),
      has_provider: described("has_provider", { type: "bool", default: true }),
    },
    resource: {
      alicloud_ims_oidc_provider: {
        github: {
          count: expression("var.has_provider ? 1 : 0"),
          oidc_provider_name: CI_PROVIDER,
          issuer_url: GITHUB,
          client_ids: [AUDIENCE],
          fingerprints: of("fingerprints"),
          issuance_limit_time: 1,
        },
      },
      alicloud_ram_role: {
        deploy: {
          depends_on: ["alicloud_ims_oidc_provider.github"],
          role_name: CI_ROLE,
          description: "Deploys oss-valet from GitHub",
          max_session_duration: MAX_SESSION_SECONDS,
          assume_role_policy_document: JSON.stringify(trustPolicy(values)),
        },
      },
      alicloud_ram_policy: {
        deploy: {
          policy_name: CI_ROLE,
          description: "s deploy and valet doctor of oss-valet",
          policy_document: JSON.stringify({ Version: "1", Statement: statements(values) }),
        },
      },
      alicloud_ram_role_policy_attachment: {
        deploy: {
          role_name: expression("alicloud_ram_role.deploy.role_name"),
          policy_name: expression("alicloud_ram_policy.deploy.policy_name"),
          policy_type: "Custom",
        },
      },
    },
  };
  return `${JSON.stringify(terraform, null, 2)}\n`;
}

/** The text of ops/ros/oss-valet-ci.yaml: the same for Resource Orchestration Service. */
export function ciRosText(): string {
  const described = (name: keyof typeof PARAMETERS, more: object): object => ({
    Type: "String",
    ...more,
    Description: PARAMETERS[name],
  });
  const values = {
    account: expression("ALIYUN::TenantId"),
    region: expression("ALIYUN::Region"),
    bucket: expression("Bucket"),
    repository: expression("Repository"),
    branch: expression("Branch"),
  };
  const template = {
    ROSTemplateFormatVersion: "2015-09-01",
    Description: "oss-valet: the role that deploys from GitHub",
    Parameters: {
      Bucket: described("bucket", {}),
      Repository: described("repository", {}),
      Branch: described("branch", { Default: "main" }),
      Fingerprints: described("fingerprints", { Type: "CommaDelimitedList" }),
      HasProvider: described("has_provider", { Type: "Boolean", Default: true }),
    },
    Conditions: { HasProvider: { "Fn::Equals": [{ Ref: "HasProvider" }, true] } },
    Resources: {
      Provider: {
        Type: "ALIYUN::RAM::OIDCProvider",
        Condition: "HasProvider",
        Properties: {
          OIDCProviderName: CI_PROVIDER,
          IssuerUrl: GITHUB,
          ClientIds: [AUDIENCE],
          Fingerprints: { Ref: "Fingerprints" },
          IssuanceLimitTime: 1,
        },
      },
      Role: {
        Type: "ALIYUN::RAM::Role",
        DependsOn: ["Provider"],
        Properties: {
          RoleName: CI_ROLE,
          Description: "Deploys oss-valet from GitHub",
          MaxSessionDuration: MAX_SESSION_SECONDS,
          AssumeRolePolicyDocument: substituted(trustPolicy(values)),
        },
      },
      Policy: {
        Type: "ALIYUN::RAM::ManagedPolicy",
        DependsOn: ["Role"],
        Properties: {
          PolicyName: CI_ROLE,
          Description: "s deploy and valet doctor of oss-valet",
          PolicyDocument: substituted({ Version: "1", Statement: statements(values) }),
          Roles: [CI_ROLE],
        },
      },
    },
  };
  return `# ${COMMENT}\n${stringify(template, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

/** Each text with a `${…}` becomes ROS' own function for that. */
function substituted(value: unknown): unknown {
  if (typeof value === "string") return /\$\{/.test(value) ? { "Fn::Sub": value } : value;
  if (Array.isArray(value)) return value.map(substituted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, substituted(inner)]));
}
