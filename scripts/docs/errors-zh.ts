import { zh } from "../../client/src/zh.ts";
import type { Refusal, TokenCheck } from "../../shared/domain/refusal.ts";
import {
  MAX_KEY_ID_LENGTH,
  MAX_TOKEN_LENGTH,
  REFUSED_PARAMETERS,
} from "../../shared/domain/token/app-token.ts";
import { MAX_AUDIENCES } from "../../shared/domain/token/token-claims.ts";
import type { ErrorCode } from "../../shared/wire.ts";
import { answerRows, CHECKS, EXAMPLE, LOG_LINE, refusalRows, type STS_CODES } from "./errors.ts";
import { ossErrorRows } from "./oss-errors.ts";

/** The text of docs/zh/errors.md. A new code, refusal or check does not compile without its row. */
export function chineseErrorsDocument(): string {
  const rows = answerRows().map(
    ({ status, code, headers }) => `| ${status} | ${code} | ${headers} | ${ADVICE[code]} |`,
  );
  return `# 错误码

本文由 \`npm run generate\` 根据 functions/http/answer.ts 和 client/src/zh.ts 生成，请勿手工修改。
English: [../errors.md](../errors.md)。

每个错误都有真实的 HTTP 状态码、\`Cache-Control: no-store\` 和下面这样的响应体。
\`ErrorCode\`、\`ErrorMessage\` 与 \`Code\`、\`Message\` 相同，供读取这些名称的 SDK 使用。
响应体不会透露权限策略、密钥，也不会说明哪一项检查没有通过；管理员可以用 \`RequestId\` 在日志中找到原因。

\`\`\`json
${EXAMPLE}
\`\`\`

请根据 \`Code\` 决定怎么做。遇到 503，等待 \`Retry-After\` 指定的秒数，再重试。遇到 401 \`TokenExpired\`，取一个新的登录令牌；
遇到其他 401，让用户重新登录。遇到其他错误，停止。429 \`TooManyRequests\` 像 503 一样处理：谁会收到它，见[公平使用](fair-use.md)。
oss-valet-client 会自动重试 503，并在 401 之后重新取一次登录令牌。

## 函数返回的错误码

| 状态码 | Code | 响应头 | App 开发者该做什么 |
|---|---|---|---|
${rows.join("\n")}

## 写给管理员：日志中的 \`refusal\`

每个请求向标准输出写一行 JSON。被拒绝的请求，这一行有 \`refusal\`，其中有 \`code\` 和其他字段。
\`issuer\`、\`sessionName\`、\`rules\` 和 \`reported\` 如果已经知道，也在这一行中。
如果请求完全无法读取（其他触发器的事件、损坏的 HTTP 请求），\`method\` 和 \`path\` 为空。

\`\`\`json
${LOG_LINE}
\`\`\`

| \`refusal.code\` | 返回给 App 的响应 | 管理员该做什么 |
|---|---|---|
${refusalRows({ operator: (code) => OPERATOR[code], colon: "：", comma: "、" })}
| – ，有 \`error\` | 500 ServerError | 程序缺陷：\`error\` 有错误的种类和抛出的位置，没有错误的消息。请报告 |

设置或规则有误的函数不会启动，以上内容都不适用。这时由函数计算响应：通过 HTTP 访问时返回 502，没有上面的 JSON；通过 API 调用时有 \`X-Fc-Error-Type\`。
日志中有 \`oss-valet is not configured:\` 和每一个问题，以及应该写成什么。\`server.js\` 把同样的内容写到标准错误，并以退出码 1 结束。

带有 \`warning\` 的一行不属于某个请求。它报告登录服务的密钥有问题：无法获取密钥，或者忽略了某个密钥，并说明原因。

## 登录令牌的哪项检查没有通过：\`refusal.check\`

对于每一项，App 都收到 401 InvalidToken。函数按以下顺序检查：

| 检查 | 何时不通过 | 常见的原因和处理办法 |
|---|---|---|
${Object.keys(CHECKS)
  .map((check) => ({ check, ...CHINESE_CHECKS[check as TokenCheck] }))
  .map(({ check, fails, cause }) => `| \`${check}\` | ${fails} | ${cause} |`)
  .join("\n")}

\`npm run valet -- explain --token JWT\` 显示不需要密钥的各项检查的结果。

## STS 的错误码：STS_DENIED 的 \`refusal.stsCode\`

| stsCode | 怎么办 |
|---|---|
${Object.entries(CHINESE_STS_CODES)
  .map(([code, what]) => `| ${code.replaceAll(", ", "、")} | ${what} |`)
  .join("\n")}

## App 会遇到的其他错误：OSS、网络和 oss-valet-client

\`explainOssError(error, zh)\` 返回同样的原因和处理方法；括号中是 OSS 的 EC，它比错误码更准确。
响应中有 EC 时，\`https://api.aliyun.com/troubleshoot?q=<EC>\` 有阿里云的说明。
写给管理员的更多说明见[部署 oss-valet](deploy.md#出错时)。

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

/** What an operator does about each refusal in the log. */
const OPERATOR: Readonly<Record<Refusal["code"], string>> = {
  REQUEST_INVALID: "不用处理：App 的请求有误；`field` 和 `problem` 说明哪里有误",
  TOKEN_MISSING: "如果 App 确实发送了令牌，就是 App 与函数之间的某一层去掉了这个请求头",
  TOKEN_INVALID: "`check` 是没有通过的检查，见下面的表",
  TOKEN_EXPIRED: "不用处理；如果新签发的令牌也这样，请核对时钟，或调大 `clockTolerance`",
  CLAIM_INVALID:
    "看 `claim` 和 `problem`：匹配的规则在前缀中使用这个声明，而它的值不能安全地作为一段路径。值不会被“清理”，因为清理的结果可能是另一个用户的值。如果这样的值是正确的，请写 `{claim:hash}`。如果这个声明表示用户，并且是数字，请写 `userType: integer`",
  ACCESS_NOT_GRANTED: "看 `because`；`npm run valet -- explain` 显示每条规则，以及它为什么不匹配",
  RATE_LIMITED:
    "该用户的请求比 `RATE_LIMIT` 允许的更频繁。App 是不是每个文件都重新请求？如果所有用户都这样，请调高上限（[fair-use.md](fair-use.md)）",
  NOT_FOUND: "不用处理；扫描程序会尝试这样的路径",
  METHOD_NOT_ALLOWED: "不用处理",
  REQUEST_TOO_LARGE: "不用处理",
  SESSION_POLICY_TOO_LONG:
    "`bytes` 是长度，上限是 2,047。匹配该用户的规则太多，或者声明的值太长；策略绝不会被截短。`npm run valet -- test` 显示长度由什么组成",
  SESSION_POLICY_UNPROVEN: "程序缺陷，在调用 STS 之前发现：请连同 `because` 和您的 access.yaml 一起报告",
  SIGNING_KEYS_MISSING:
    "函数计算没有下发凭证，所以无法为表单和 URL 签名：请在 s.yaml 中为函数 `uploads` 写上 `role:`，并运行 `npm run valet -- provision`",
  STS_DENIED: "STS 拒绝了调用。`stsCode` 的解释见下文；阿里云技术支持可以用 `stsRequestId` 找到这次调用",
  KEYS_UNAVAILABLE:
    "无法获取 `issuer` 的密钥，而上次获取的密钥已超过 `jwksCache.maxStale`。它的地址是否正确，函数能否访问它？",
  STS_THROTTLED: "AssumeRole 的配额由整个账号共用（每秒 100 次）。哪些 App 请求凭证的次数超过了需要？",
  STS_UNAVAILABLE:
    "每次尝试都没有从 STS 得到可用的响应；`because` 说明原因。`STS_ENDPOINT` 是否正确，能否访问？`because` 是 `network` 时，`errorCode` 是 Node.js 的错误码：ENOTFOUND（域名不存在）、ECONNREFUSED（那里没有程序在监听）、EPROTO 和 ERR_SSL_…（那里没有 TLS）",
};

const CHINESE_CHECKS: Readonly<Record<TokenCheck, { readonly fails: string; readonly cause: string }>> = {
  length: {
    fails: `令牌超过 ${MAX_TOKEN_LENGTH.toLocaleString("en-US")} 个字符`,
    cause: "登录服务在令牌中放了太多内容",
  },
  shape: {
    fails: "令牌不是三段 base64url",
    cause: "不透明的令牌，或加密的令牌（JWE）；App 需要签名的 JWT",
  },
  encoding: { fails: "某一段不是规范的 base64url", cause: "令牌在途中被改动；正常的登录服务不会这样写" },
  header: { fails: "头部不是 JSON 对象，或有重复的名称", cause: "两个程序可能对这个令牌有不同的理解" },
  "critical-header": {
    fails: `头部有以下之一：${REFUSED_PARAMETERS.map((name) => `\`${name}\``).join("、")}`,
    cause:
      "会改变令牌含义的参数一律拒绝；令牌中的密钥和地址从不使用。Cloud Foundry UAA，以及基于它的 SAP XSUAA，会在每个令牌中写上公钥集的地址（`jku`）：这样的令牌不能在这里使用。请让 App 从另一个登录服务取令牌，或者由您自己的后端验证它，再签发一个没有该头部参数的新令牌",
  },
  payload: { fails: "载荷不是 JSON 对象，或有重复的名称", cause: "两个程序可能对这个令牌有不同的理解" },
  issuer: {
    fails: "`iss` 与 access.yaml 中的任何一个登录服务都不完全相同",
    cause: "常见的是末尾的斜杠，或来自另一套环境的令牌",
  },
  algorithm: {
    fails: "`alg` 未知，或不在登录服务的 `algorithms` 中",
    cause: "请写上登录服务使用的签名算法；用 HS256 代替 RS256 是一种攻击",
  },
  type: { fails: "`typ` 不是文本，或不在登录服务的 `tokenTypes` 中", cause: "用了 ID 令牌，而不是访问令牌" },
  "key-id": {
    fails: `登录服务没有这个 \`kid\` 的密钥，或 \`kid\` 不是 1 到 ${MAX_KEY_ID_LENGTH} 个字符的文本`,
    cause: "密钥已被移除，或者密钥太新，距离下一次获取的间隔（`jwksCache.cooldown`）还没有结束",
  },
  key: { fails: "密钥与算法不符", cause: "登录服务的公钥集与 `algorithms` 不一致" },
  signature: { fails: "签名不正确", cause: "伪造的令牌，或设置中的共享密钥或公钥有误" },
  audience: {
    fails: `\`aud\`（或登录服务的 \`audienceClaim\`）不包含该登录服务的 \`audience\`，或超过 ${MAX_AUDIENCES} 项，或有一项不是文本`,
    cause:
      "令牌是为同一登录服务的另一个服务签发的。如果登录服务用 `aud` 之外的声明表示 App，例如 `client_id`（Cognito）或 `azp`（Clerk），请写 `audienceClaim`",
  },
  expiry: {
    fails: "没有 `exp`，或它不是有效的时间",
    cause: "登录服务的令牌永不过期；它必须设置 `exp`，单位是秒",
  },
  "not-before": { fails: "`nbf` 不是有效的时间，或在未来", cause: "时钟相差超过 `clockTolerance`" },
  "issued-at": {
    fails: "`iat` 不是有效的时间，在未来，晚于 `exp`，或者设置了 `maxTokenAge` 却没有 `iat`",
    cause: "时钟不一致，或登录服务没有设置 `iat`",
  },
  age: { fails: "`iat` 距今超过 `maxTokenAge`", cause: "App 保存令牌太久；请重新登录" },
  "required-claim": {
    fails: "缺少 `requiredClaims` 中的某个声明",
    cause: "另一种令牌，或 App 没有请求相应的范围（scope）",
  },
  denied: {
    fails: "`deny` 拒绝这个令牌（`tokenId`）或它的签发时间（`issuedBefore`）",
    cause: "有意为之。重新登录会得到一个不被拒绝的令牌",
  },
};

const CHINESE_STS_CODES: Readonly<Record<keyof typeof STS_CODES, string>> = {
  NoPermission:
    "函数角色没有对 OSS_ROLE_ARN 的 `sts:AssumeRole` 权限，或者 OSS_ROLE_ARN 的信任策略没有写明函数角色：请运行 `npm run valet -- provision plan`",
  "NoPermission.RootAccount":
    "这是 oss-valet 的错误码，对应 STS 的 NoPermission，文字为 “Roles may not be assumed by root accounts”：AccessKey 属于阿里云账号（主账号）本身。请使用 RAM 用户的 AccessKey（`npm run valet -- provision apply --caller-user NAME`），并删除主账号的 AccessKey：它们可以做任何事",
  "EntityNotExist.Role": "OSS_ROLE_ARN 是不存在的角色的 ARN，或是用户的 ARN",
  "InvalidParameter.RoleArn": "OSS_ROLE_ARN 的格式有误",
  "InvalidParameter.DurationSeconds": "`session.maxDuration` 超过角色的最大会话时间（MaxSessionDuration）",
  "InvalidParameter.PolicyGrammar, InvalidParameter.PolicySize": "程序缺陷：请报告",
  "InvalidAccessKeyId.NotFound, InvalidSecurityToken.*, SignatureDoesNotMatch":
    "调用者的 AccessKey 有误、已禁用或已过期；在函数计算中：函数是否配置了角色？",
  NoCallerCredentials:
    "这是 oss-valet 的错误码，不是 STS 的：没有 AccessKey，函数计算没有给出，环境变量中也没有",
};
