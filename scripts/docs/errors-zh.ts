import { zh } from "../../client/src/zh.ts";
import type { ErrorCode } from "../../shared/wire.ts";
import { answerRows, EXAMPLE } from "./errors.ts";
import { ossErrorRows } from "./oss-errors.ts";

/** The text of docs/zh/errors.md: the codes that an App sees. What only operators see stays in docs/errors.md. */
export function chineseErrorsDocument(): string {
  const rows = answerRows().map(
    ({ status, code, headers }) => `| ${status} | ${code} | ${headers} | ${ADVICE[code]} |`,
  );
  return `# 错误码

本文由 \`npm run generate\` 根据 functions/http/answer.ts 和 client/src/zh.ts 生成，请勿手工修改。
English: [../errors.md](../errors.md)，其中还有写给管理员的日志说明。

## 函数返回的错误码

每个错误都有真实的 HTTP 状态码、\`Cache-Control: no-store\` 和下面这样的响应体。
\`ErrorCode\`、\`ErrorMessage\` 与 \`Code\`、\`Message\` 相同，供读取这些名称的 SDK 使用。
响应体不会透露权限策略、密钥，也不会说明哪一项检查没有通过；管理员可以用 \`RequestId\` 在日志中找到原因。

\`\`\`json
${EXAMPLE}
\`\`\`

请根据 \`Code\` 决定怎么做。
oss-valet-client 会自动重试 503，并在 401 之后重新取一次登录令牌。

| 状态码 | Code | 响应头 | App 开发者该做什么 |
|---|---|---|---|
${rows.join("\n")}

429 \`TooManyRequests\` 像 503 一样处理：谁会收到它，见[公平使用](fair-use.md)。

## App 会遇到的其他错误：OSS、网络和 oss-valet-client

\`explainOssError(error, zh)\` 返回同样的原因和处理方法；括号中是 OSS 的 EC。
响应中有 EC 时，\`https://api.aliyun.com/troubleshoot?q=<EC>\` 有阿里云的说明。
更多说明见[部署 oss-valet](deploy.md#出错时)。

| 错误码 | 原因 | 怎么办 |
|---|---|---|
${ossErrorRows({ texts: zh, more: MORE, blank: "", comma: "、", bracketed: (text) => `（${text}）`, ofTheFunction: "函数返回" })}
`;
}

const WAIT = "等待 `Retry-After` 指定的秒数，然后重试";

/** What an App developer does about each code of the function. */
const ADVICE: Readonly<Record<ErrorCode, string>> = {
  InvalidRequest: "`Message` 指出了哪个参数、请求头或请求体有误，以及应该发送什么；请改正后再发",
  MissingToken: "把登录令牌放在请求头 `Authorization: Bearer <登录令牌>` 中，不要放在查询参数或请求体中",
  InvalidToken: "让用户重新登录，取得新的登录令牌；如果仍然失败，请把 `RequestId` 发给管理员",
  TokenExpired: "更新登录令牌，再请求一次",
  AccessDenied:
    "没有规则允许该用户访问，或请求的范围（`prefix`、`permissions`，`Message` 中指出的文件）超出了规则，或规则不接受该用户令牌中的某个值：请联系管理员",
  NotFound: "使用路径 `/credentials`、`/uploads`、`/downloads` 或 `/healthz`，后面不要再加任何内容",
  MethodNotAllowed: "使用响应头 `Allow` 中列出的方法",
  RequestTooLarge: "缩短请求体：`/credentials` 只有四个很短的参数，`/uploads` 和 `/downloads` 最多 256 KiB",
  TooManyRequests: `${WAIT}；凭证可以一直用到 \`Expiration\` 之前不久，多个文件请放在一次请求中`,
  ServerError: "重试没有用；请把 `RequestId` 发给管理员",
  KeysUnavailable: WAIT,
  StsThrottled: `${WAIT}；凭证可以一直用到 \`Expiration\` 之前不久`,
  StsUnavailable: WAIT,
};

const MORE: Parameters<typeof ossErrorRows>[0]["more"] = {
  "0003-00000301|authorizer's policy":
    "DeleteMultipleObjects 不受支持：请逐个删除。管理员可以用 `npm run valet -- explain` 查看规则允许什么。",
  "0003-00000001|bucket acl": "通常是规则放宽后没有运行 `provision apply --allow-widening`。",
  SignatureDoesNotMatch: "使用 ali-oss 时，请设置 `authorizationV4: true`。",
  "NoSuchBucket|InvalidBucketName|SecondLevelDomain":
    "使用自定义域名时，SDK 不能在域名前加 Bucket 名称（ali-oss：`cname: true`）。",
  PublicEndpointForbidden:
    "适用于从 2025 年 3 月 20 日起才开通 OSS、且 Bucket 在中国内地的账号：见[Bucket 的自定义域名](deploy.md#bucket-的自定义域名)。",
  "Network|RequestError|AccessForbidden|to fetch|fetch failed|Load failed|ECONN|ENOTFOUND|EAI_":
    "`npm run valet -- doctor` 会打印所需的跨域规则。",
};
