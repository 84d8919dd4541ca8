import { type AuditField, tableOf } from "./audit.ts";

/** The rows of docs/zh/audit.md. */
export function chineseAuditTable(): string {
  return tableOf("| 字段 | 形式 | 含义 |", MEANINGS);
}

/** A new field does not compile without its row. */
const MEANINGS: Readonly<Record<AuditField, string>> = {
  time: "写这一行的时间，函数的时钟，UTC。",
  requestId: "函数计算的请求 ID；在函数计算之外，由我们生成。App 在每个响应的 `RequestId` 中得到它。",
  method: "HTTP 方法；请求无法读取时为空。",
  path: "路径，不含查询参数。24 个字符以上的一段写成 `…`，因为它可能是令牌。请求无法读取时为空。",
  status: "响应的 HTTP 状态码。",
  durationMs: "从请求到响应的毫秒数，用系统时钟；其间时钟被调回时可能为负数。",
  code: "结果：`Success`，或 App 得到的错误的 `Code`。",
  refusal: "拒绝的完整原因。每个 `code` 如何处理，见 docs/zh/errors.md。",
  issuer: "为该用户担保的签发方在 access.yaml 中的名字。只在令牌通过验证后才有。",
  sessionName:
    "用户：交给 STS 的 RoleSessionName，操作审计（ActionTrail）中也能看到。两个用户不会相同。只在令牌通过验证后才有。",
  tokenId: "App 令牌的 `jti`，`deny` 可以用它拒绝该令牌。只在令牌通过验证后才有；超过 128 个字符的不写。",
  tokenSha256:
    "App 令牌的 SHA-256，十六进制；被拒绝的令牌也有。请求没有带令牌，或在查看令牌之前就被拒绝时没有。",
  rules: "授予访问的规则的名字。",
  reported: "匹配的、`mode: report` 的规则。",
  reportedUnsafe: "会拒绝该请求的、`mode: report` 的规则，以及是哪个声明。",
  permissions: "凭证可以做什么；规则只写了单个操作时为空。",
  prefixes: "在哪里：`bucket/prefix`。",
  count: "签了多少个表单或 URL。",
  keyDigests: "每个被签名的键：其 SHA-256 的前 32 位十六进制。键是用户起的名字，所以不写键本身。",
  policySha256: "交给 STS（或本来要交给 STS）的会话策略的 SHA-256，十六进制。",
  accessKeyId: "给出的 AccessKeyId。OSS 把它写进访问日志。它不是秘密。",
  expiration: "给出的凭证、表单或 URL 何时失效，UTC。",
  stsRequestId: "签发这组凭证的 AssumeRole 调用的 ID：操作审计事件的 `requestId`。",
  cachedIn:
    "保留的凭证来自哪里：`memory`（本实例）、`shared`（Redis）、`bridge`（STS 无法签发新凭证时给出的旧凭证）。该请求调用了 STS 时没有。",
  steps: "请求所到的每一步的毫秒数，按先后。`sts` 包括它前面的每一层缓存。",
  traceId: "发送了该请求的追踪（trace）时，它的 ID（docs/telemetry.md）：可能是调用方自己选的。",
  error: "意外错误的名字和抛出的位置。从不写它的消息，因为其中可能有秘密。",
};
