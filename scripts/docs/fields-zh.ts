import type { FieldWords } from "./fields.ts";

/** What each field of access.yaml means, by its path. A contract test compares the paths with the schema. */
export const CHINESE_MEANINGS: Readonly<Record<string, string>> = {
  issuers: "接受哪些登录服务的令牌，至少一个",
  session: "凭证的有效期",
  rules: "谁能访问什么，至少一条",
  deny: "要拒绝的用户和令牌，不论规则授予了什么",
  tests: "关于规则的承诺",

  "issuers.name": "您为该登录服务取的简短名称，例如 login",
  "issuers.issuer": "与令牌的 iss 完全相同，例如 https://login.example.com/",
  "issuers.audience": "令牌的 aud 必须包含的值，例如 photo-app；列表表示其中任意一个；null 关闭这项检查",
  "issuers.audienceClaim": "表示受众的声明，例如 client_id 或 azp；默认：aud",
  "issuers.jwks": "登录服务的公钥集（JSON Web Key Set）的地址：https，或环回地址的 http",
  "issuers.secret": "存放 HS 算法共享密钥的环境变量的名称",
  "issuers.publicKey": "存放公钥的环境变量的名称：PEM，或 PEM 格式的 X.509 证书",
  "issuers.algorithms":
    "它的令牌可以使用的签名算法；默认：RS256，有共享密钥时为 HS256；同时有共享密钥和公钥时必填",
  "issuers.jwksCache": "如何缓存登录服务的密钥",
  "issuers.clockTolerance": "时钟最多可以相差多少，单位秒",
  "issuers.maxTokenAge": "令牌最多可以签发多久（从 iat 算起），单位秒；默认：不检查",
  "issuers.tokenTypes": "令牌头部的 typ 允许的值；默认：不检查",
  "issuers.requiredClaims": "每个令牌必须有的声明：名称或路径，例如 app_metadata.team",
  "issuers.user": "表示用户的声明",
  "issuers.userType": "integer：用户声明是整数，例如 10001，文本会被拒绝",

  "issuers.jwksCache.maxAge": "获取的密钥在多久之内视为最新，单位秒",
  "issuers.jwksCache.cooldown": "两次获取之间的最短间隔，单位秒",
  "issuers.jwksCache.maxStale": "登录服务不可用时，旧密钥还能继续使用多久，单位秒",

  "session.duration": "凭证的默认有效期，单位秒",
  "session.maxDuration":
    "App 可以请求的最长会话，单位秒；默认：与 duration 相同；上限：角色的最大会话时间（MaxSessionDuration）",

  "rules.name": "用几个词说明规则的用途",
  "rules.issuer": "规则适用于哪个登录服务的用户",
  "rules.when":
    "这些声明必须等于其中一个值，或者（声明是列表时）包含其中一个值；signed-in：持有有效令牌的每个人",
  "rules.allow": "read、write、list、delete 中的任意几个；upload 用于表单（/uploads），凭证中从来没有它",
  "rules.upload": "allow: [upload] 的限制，每个表单都遵守",
  "rules.actions": "allow 之外，针对 Object 的其他 RAM 操作",
  "rules.prefix": '目录，例如 "users/{sub}/"',
  "rules.bucket":
    "OSS_BUCKET 以外的 Bucket：3 到 63 个字符，取自 a-z、0-9 和 -。如果它有自定义域名，要写在 OSS_ENDPOINT 中",
  "rules.duration": "包含该规则授权的凭证的最长有效期，单位秒",
  "rules.sourceIp": "request：凭证只能从调用者的 IP 地址使用",
  "rules.secureTransport": "true：凭证只能通过 TLS 使用",
  "rules.mode": "report：规则只写入日志，不授予任何权限",

  "deny.issuer": "用户或令牌所属的登录服务",
  "deny.user": "用户 ID，即登录服务的用户声明的值",
  "deny.tokenId": "令牌的 jti",
  "deny.issuedBefore": "在此时间之前签发的令牌：UTC，例如 2026-11-23T10:00:00Z",
  "deny.reason": "给同事的说明",

  "tests.name": "该测试承诺什么",
  "tests.issuer": "声明来自哪个登录服务；有多个登录服务时必填",
  "tests.claims": "令牌的声明，例如 { sub: alice }",
  "tests.can": "有这些声明的用户必须能做的事：read users/alice/a.jpg",
  "tests.cannot": "有这些声明的用户必须不能做的事",
};

/** For docs/zh/access-rules.md. Throws for a field without a Chinese meaning. */
export const CHINESE_WORDS: FieldWords = {
  titles: {
    file: "整个文件",
    issuers: "`issuers`：谁可以证明用户的身份",
    jwksCache: "登录服务的 `jwksCache`",
    session: "`session`：凭证的有效期",
    rules: "`rules`：谁能访问什么",
    deny: "`deny`：即使规则允许也要拒绝的用户和令牌",
    tests: "`tests`：关于规则的承诺",
  },
  head: "| 字段 | 可以写什么 | 默认值 | 含义 |",
  needed: "**必填**",
  actionsAbove: "上文列出的操作",
  fieldsBelow: "多个字段，见下文",
  namesAndValues: "名称和值",
  text: "文本",
  comma: "、",
  kinds: { number: "数字", integer: "整数", boolean: "布尔值" },
  range: (minimum, maximum) => `${minimum} 到 ${maximum}`,
  listOf: (kind) => `列表：${kind}`,
  namesWith: (kind) => `名称，各有一个值：${kind}`,
  oneOf: (kinds) => kinds.join("，或"),
  meaning: (path) => {
    const meaning = CHINESE_MEANINGS[path];
    if (meaning === undefined) throw new Error(`scripts/docs/fields-zh.ts lacks ${path}`);
    return meaning;
  },
  actionHead: "| 权限 | RAM 操作 | 资源 |",
  listOn: "Bucket，并且只在 `oss:Prefix` 形如 `prefix*` 时",
  furtherActions: (actions) => `\`actions\` 还接受以下操作，都针对 \`bucket/prefix*\`：${actions}。`,
};
