import type { ExplanationTexts } from "./explain/english.ts";

/** The explanations in Chinese: `explainOssError(error, zh)`. */
export const zh: ExplanationTexts = {
  "valet:AccessDenied": ["没有规则允许该用户进行此访问。", "请联系管理员。"],
  "0003-00000301|authorizer's policy": [
    "当前凭证无权访问此 Key，或无权执行此操作。",
    "只访问 `prefix` 之下的 Key，只执行 `permissions` 中的操作；列举时必须指定前缀。",
  ],
  "0003-00000001|bucket acl": ["角色缺少此权限。", "请管理员运行 `valet doctor`。"],
  "0003-00000101|0003-00000201": ["权限策略拒绝了此请求。", "请联系管理员。"],
  "0003-00000905": ["请求没有签名。", "请为请求签名。"],
  "0003-00001403|specified endpoint": ["Bucket 不在此 Endpoint。", "请使用凭证中的 `endpoint`。"],
  "0002-00000236|Request has expired|Policy expired": ["签名 URL 或表单已过期。", "请重新生成。"],
  "0006-00000227|Condition failed|InvalidPolicy|FieldItem|POSTReq|0002-0000070": [
    "这个表单不是为此文件签发的。",
    "请原样发送表单的全部字段，并把文件放在最后。",
  ],
  EntityToo: ["文件大小不在表单允许的范围内。", "请按文件大小重新获取表单。"],
  "0002-00000904|UserDisable": ["AccessKey 或账号已被禁用（例如欠费）。", "请联系管理员。"],
  "SecurityTokenNotMatch|0002-00000002|0002-00000003": [
    "缺少安全令牌，或安全令牌与 AccessKey 不匹配。",
    "请使用同一次响应中的 AccessKeyId、AccessKeySecret 和安全令牌。",
  ],
  "SecurityTokenExpired|InvalidAccessKeyId|InvalidSecurityToken.Expired": [
    "凭证已过期。",
    "每次请求前调用 `get()`。",
  ],
  InvalidSecurityToken: ["安全令牌不完整，或被改动过。", "请完整地传入安全令牌。"],
  SignatureDoesNotMatch: [
    "请求在签名之后被改动，或混用了不同的密钥。",
    "请按签名时的内容发送请求，并使用同一次响应中的密钥。",
  ],
  "RequestTimeTooSkewed|0002-00000235|signing date": [
    "设备时间的误差超过 15 分钟。",
    "签名时使用凭证的 `now()`。",
  ],
  "0002-00000226|signing region": ["Bucket 属于另一个地域。", "请使用凭证中的 `region`。"],
  "AccessDenied|status: 403": ["OSS 拒绝了此请求。", "请对照凭证的 `prefix` 和 `permissions`。"],
  "NoSuchBucket|InvalidBucketName|SecondLevelDomain": [
    "Bucket 或 Endpoint 不正确。",
    "请使用凭证中的 `bucket`、`endpoint` 和 `cname`。",
  ],
  PublicEndpointForbidden: ["Bucket 需要绑定自定义域名。", "请管理员设置 `OSS_ENDPOINT`。"],
  NoSuchKey: ["没有这个 Key 的 Object。", "请检查前缀和大小写。"],
  NoSuchUpload: ["分片上传已完成或已取消。", "请重新开始上传。"],
  "InvalidPart|expose-headers": [
    "缺少分片，或缺少分片的 ETag。",
    "请在 Bucket 的跨域规则中暴露 `ETag`，然后重新上传。",
  ],
  FileAlreadyExists: ["这个 Key 已被占用。", "请换一个 Key。"],
  "Timeout|TIMEDOUT": ["响应超时。", "请重试。"],
  "Network|RequestError|AccessForbidden|to fetch|fetch failed|Load failed|ECONN|ENOTFOUND|EAI_": [
    "没有响应：网络断开、地址错误，或被跨域规则阻止。",
    "请在 Bucket 的跨域规则或 `ALLOWED_ORIGINS` 中允许本页面的来源。",
  ],
  "MissingToken|InvalidToken|TokenExpired|AppToken": ["登录令牌无效。", "请重新登录。"],
  "TooMany|Throttl|Unavailable|LimitExceeded|InternalError": ["服务繁忙。", "请稍后重试。"],
  ServerError: ["函数出错。", "请把 `requestId` 发给管理员。"],
  "InvalidAnswer|valet:NotFound|MethodNotAllowed|raw xml": ["响应来自别的服务。", "请检查地址。"],
  "InvalidRequest|InvalidArgument|TooLarge": ["有参数不正确。", "请查看错误信息。"],
  "ChecksumMismatch|InvalidDigest": ["数据在传输中发生了变化。", "请重新上传。"],
  DomainNot: ["小程序不允许访问此域名。", "请在小程序后台添加该域名。"],
  FileChanged: ["文件已被修改。", "请重新上传。"],
  "AbortError|cancel": ["App 取消了此操作。", "无需处理。"],
  "": ["未知错误。", "请看错误自带的消息；把它的 `requestId` 发给技术支持。"],
};
