import { stringify } from "yaml";
import { QUESTIONS } from "../../cli/init/answers.ts";

/** A question of `s init`. */
export interface Parameter {
  readonly name: "name" | "issuer" | "audience" | "bucket" | "region";
  readonly title: string;
  readonly titleZh: string;
  readonly description: string;
  readonly descriptionZh: string;
  readonly default?: string;
  /** Looser than what `valet init` checks: `valet build` checks the rest. */
  readonly pattern: string;
}

const questionOf = (option: string): string => QUESTIONS.find((one) => one.option === option)?.text ?? "";

export const PARAMETERS: readonly Parameter[] = [
  {
    name: "name",
    title: "Project",
    titleZh: "项目名称",
    description: "The name in package.json: lower-case letters, digits, hyphens",
    descriptionZh: "package.json 中的名称：小写字母、数字、连字符",
    default: "my-app",
    pattern: "^[a-z0-9][a-z0-9._-]*$",
  },
  {
    name: "issuer",
    title: "Issuer",
    titleZh: "令牌签发者",
    description: questionOf("issuer"),
    descriptionZh: "谁为用户签发登录令牌？即令牌 iss 的值，例如 https://login.example.com/",
    pattern: "^https://[!#-\\[\\]-~]+$",
  },
  {
    name: "audience",
    title: "Audience",
    titleZh: "令牌受众",
    description: "What the aud of your App's tokens has, such as my-app",
    descriptionZh: "令牌 aud 的值，例如 my-app",
    default: "my-app",
    pattern: "^[!#-\\[\\]-~]+$",
  },
  {
    name: "bucket",
    title: "Bucket",
    titleZh: "Bucket",
    description: questionOf("bucket"),
    descriptionZh: "文件在哪个 Bucket 中？",
    pattern: "^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$",
  },
  {
    name: "region",
    title: "Region",
    titleZh: "地域",
    description: `${questionOf("region")} Its ID, such as cn-hangzhou`,
    descriptionZh: "Bucket 在哪个地域？填地域 ID，例如 cn-hangzhou",
    default: "cn-hangzhou",
    pattern: "^[a-z]{2}-[a-z0-9-]+$",
  },
];

/**
 * publish.yaml and publish_en.yaml, which Serverless Devs reads as Chinese and English. `s init` from a folder reads the first
 * alone, so its texts are in both languages. Form: publishSchema and init of @serverless-devs/s 3.1.10.
 */
export function publishText(version: string, language: "both" | "en"): string {
  const in2 = (english: string, chinese: string): string =>
    language === "en" || english === chinese ? english : `${chinese} / ${english}`;
  const properties = PARAMETERS.map(({ name, title, titleZh, description, descriptionZh, ...rest }, at) => [
    name,
    {
      title: in2(title, titleZh),
      type: "string",
      description: in2(description, descriptionZh),
      "x-range": at + 1,
      ...rest,
    },
  ]);
  const publish = {
    Edition: "3.0.0",
    Type: "Project",
    Name: "oss-valet",
    Version: version,
    Provider: ["阿里云"],
    Description: in2(
      "Temporary, least-privilege OSS credentials for the signed-in users of an App",
      "为 App 的登录用户签发临时、最小权限的 OSS 访问凭证",
    ),
    Tags: ["OSS", "STS"],
    Category: in2("Web application", "Web应用"),
    Service: { 函数计算: { Authorities: ["AliyunFCFullAccess"] } },
    Parameters: {
      type: "object",
      additionalProperties: false,
      required: PARAMETERS.filter((one) => one.default === undefined).map(({ name }) => name),
      properties: Object.fromEntries(properties),
    },
  };
  return `# npm run generate makes this folder from cli/init and scripts/application.\n${stringify(publish, { lineWidth: 0 })}`;
}
