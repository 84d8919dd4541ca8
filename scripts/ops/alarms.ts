import { LINE_FIELD } from "../../cli/shared/log-index.ts";

/**
 * An alarm on the functions' log. One table: `npm run generate` makes Terraform, the ROS template and the runbook's tables of
 * it. Every threshold is ours, a first value for a service with some requests a second: docs/runbook/README.md says so.
 */
export interface Alarm {
  /** Its name in the cloud, after `oss-valet-`, and of its page in docs/runbook. */
  readonly id: string;
  /** 1 to 64 characters, as SLS wants it. */
  readonly title: string;
  readonly titleZh: string;
  /** What SLS calls 10, 8, 6 and 4. critical: nobody is served; high: some are not; medium: look today; low: look this week. */
  readonly severity: "critical" | "high" | "medium" | "low";
  /** Search and analysis, as one line. It always gives a row, or a row for each name. */
  readonly query: string;
  /** On each row. Letters and digits in names, 128 characters at most. Source: SLS, "Syntax of evaluate expressions". */
  readonly condition: string;
  /** How far back the query looks. */
  readonly windowMinutes: number;
  /** How often it runs. */
  readonly everyMinutes: number;
  /** So many times one after another before it rings. */
  readonly times: number;
  /** It rings for an empty result, too: SLS has counted nothing, which is what the alarm is about. */
  readonly silenceRings?: true;
  /** Why somebody should come. */
  readonly why: string;
  readonly whyZh: string;
}

/** A leaf of our line in analysis: SQL wants quotes around a name with a dot. */
const leaf = (name: string): string => `"${LINE_FIELD}.${name}"`;

/** Search for lines of requests, and for those of our paths in analysis: a health check is nobody's request. */
const REQUESTS = `${LINE_FIELD}.code: *`;
const ON_OUR_PATHS = `WHERE ${leaf("path")} IN ('/credentials', '/uploads', '/downloads')`;

const share = (of: string): string => `round(count_if(${of}) * 100.0 / greatest(count(*), 1), 1) AS percent`;

export const ALARMS: readonly Alarm[] = [
  {
    id: "function-fails",
    title: "oss-valet: a function does not start, or dies",
    titleZh: "oss-valet：函数无法启动或异常退出",
    severity: "critical",
    query: `hasFunctionError: true or "oss-valet is not configured" | SELECT count(*) AS n, arbitrary(functionName) AS name, arbitrary(errorType) AS kind`,
    condition: "n > 0",
    windowMinutes: 5,
    everyMinutes: 1,
    times: 1,
    why: "The function answers nothing by itself: wrong settings or rules, no memory, a timeout, or a crash.",
    whyZh: "函数自己没有作答：设置或规则有误、内存不足、超时，或者进程崩溃。",
  },
  {
    id: "sts-denied",
    title: "oss-valet: STS says no",
    titleZh: "oss-valet：STS 拒绝调用",
    severity: "critical",
    query: `${LINE_FIELD}.refusal.code: STS_DENIED | SELECT count(*) AS n, arbitrary(${leaf("refusal.stsCode")}) AS code`,
    condition: "n > 0",
    windowMinutes: 5,
    everyMinutes: 1,
    times: 1,
    why: "A role, a trust policy or a key is wrong. It does not mend itself.",
    whyZh: "角色、信任策略或密钥有误，不会自行恢复。",
  },
  {
    id: "misconfigured",
    title: "oss-valet: rules that the cloud cannot carry out",
    titleZh: "oss-valet：规则或设置无法执行",
    severity: "high",
    query: `${LINE_FIELD}.refusal.code: SESSION_POLICY_TOO_LONG or ${LINE_FIELD}.refusal.code: SESSION_POLICY_UNPROVEN or ${LINE_FIELD}.refusal.code: SIGNING_KEYS_MISSING | SELECT count(*) AS n, arbitrary(${leaf("refusal.code")}) AS code`,
    condition: "n > 0",
    windowMinutes: 15,
    everyMinutes: 5,
    times: 1,
    why: "Some users get 500 at every request, because of the rules or a missing role.",
    whyZh: "由于规则或缺少角色，部分用户的每个请求都得到 500。",
  },
  {
    id: "bug",
    title: "oss-valet: a bug",
    titleZh: "oss-valet：代码缺陷",
    severity: "high",
    query: `${LINE_FIELD}.error: * | SELECT count(*) AS n, arbitrary(${leaf("error")}) AS place`,
    condition: "n > 0",
    windowMinutes: 15,
    everyMinutes: 5,
    times: 1,
    why: "Something was thrown that nobody expected. The user got 500.",
    whyZh: "发生了预料之外的异常，用户得到 500。",
  },
  {
    id: "server-errors",
    title: "oss-valet: more than 5 % of requests get 5xx",
    titleZh: "oss-valet：超过 5% 的请求返回 5xx",
    severity: "high",
    query: `${REQUESTS} | SELECT count(*) AS n, count_if(${leaf("status")} >= 500) AS failed, ${share(`${leaf("status")} >= 500`)} ${ON_OUR_PATHS}`,
    condition: "n >= 20 && percent > 5",
    windowMinutes: 5,
    everyMinutes: 1,
    times: 2,
    why: "Users wait or fail, whatever the cause. The other alarms name it.",
    whyZh: "无论原因是什么，用户都在等待或失败。具体原因看其他告警。",
  },
  {
    id: "sts-unavailable",
    title: "oss-valet: STS gives no answer",
    titleZh: "oss-valet：STS 没有应答",
    severity: "high",
    query: `${LINE_FIELD}.refusal.code: STS_UNAVAILABLE or ${LINE_FIELD}.cachedIn: bridge | SELECT count_if(${leaf("refusal.code")} = 'STS_UNAVAILABLE') AS refused, count_if(${leaf("cachedIn")} = 'bridge') AS bridged, arbitrary(${leaf("refusal.because")}) AS because`,
    condition: "refused > 5 || bridged > 20",
    windowMinutes: 5,
    everyMinutes: 1,
    times: 1,
    why: "New users get 503. Users with living credentials go on with them (bridge), for at most their rest.",
    whyZh: "新用户得到 503；凭证仍有效的用户暂时继续使用旧凭证（bridge），直到它过期。",
  },
  {
    id: "issuer-keys",
    title: "oss-valet: keys of an issuer cannot be fetched",
    titleZh: "oss-valet：无法获取登录服务的公钥集",
    severity: "high",
    query: `${LINE_FIELD}.refusal.code: KEYS_UNAVAILABLE or ${LINE_FIELD}.warning: "no keys fetched" | SELECT count_if(${leaf("refusal.code")} = 'KEYS_UNAVAILABLE') AS refused, count_if(${leaf("warning")} LIKE '%no keys fetched%') AS warnings, arbitrary(${leaf("warning")}) AS warning`,
    condition: "refused > 0 || warnings >= 3",
    windowMinutes: 15,
    everyMinutes: 5,
    times: 1,
    why: "The last keys are used for up to jwksCache.maxStale (a day). After that nobody can be verified.",
    whyZh: "上一份公钥集最多再用 jwksCache.maxStale（默认一天），之后无法验证任何登录令牌。",
  },
  {
    id: "no-requests",
    title: "oss-valet: no requests at all",
    titleZh: "oss-valet：没有任何请求",
    severity: "high",
    query: `${REQUESTS} | SELECT count(*) AS n ${ON_OUR_PATHS}`,
    condition: "n < 1",
    windowMinutes: 30,
    everyMinutes: 5,
    times: 1,
    silenceRings: true,
    why: "Requests do not reach the function, or its log does not reach the logstore. Then no other alarm can ring.",
    whyZh: "请求到不了函数，或者日志到不了 Logstore；此时其他告警也不会响。",
  },
  {
    id: "sts-throttled",
    title: "oss-valet: the account's quota of AssumeRole is used up",
    titleZh: "oss-valet：账号的 AssumeRole 配额用尽",
    severity: "medium",
    query: `${LINE_FIELD}.refusal.code: STS_THROTTLED | SELECT count(*) AS n, count(DISTINCT ${leaf("sessionName")}) AS users`,
    condition: "n > 10",
    windowMinutes: 5,
    everyMinutes: 1,
    times: 2,
    why: "AssumeRole has one quota for the whole account. Users get 503 with Retry-After.",
    whyZh: "AssumeRole 的配额由整个账号共用。用户得到带 Retry-After 的 503。",
  },
  {
    id: "slow",
    title: "oss-valet: one request in a hundred takes more than 3 s",
    titleZh: "oss-valet：百分之一的请求超过 3 秒",
    severity: "medium",
    query: `${REQUESTS} | SELECT count(*) AS n, approx_percentile(${leaf("durationMs")}, 0.99) AS slowest, approx_percentile(${leaf("steps.sts")}, 0.99) AS sts, approx_percentile(${leaf("steps.token")}, 0.99) AS token ${ON_OUR_PATHS}`,
    condition: "n >= 50 && slowest > 3000",
    windowMinutes: 15,
    everyMinutes: 5,
    times: 2,
    why: "Apps wait before every first upload. 3 s is what the service promises for 99 of 100 requests.",
    whyZh: "App 在首次上传前都要等待。服务承诺 99% 的请求在 3 秒内完成。",
  },
  {
    id: "token-refused",
    title: "oss-valet: more than 20 % of App tokens are refused",
    titleZh: "oss-valet：超过 20% 的登录令牌被拒绝",
    severity: "medium",
    query: `${REQUESTS} | SELECT count(*) AS n, count_if(${leaf("code")} IN ('InvalidToken', 'TokenExpired')) AS refused, ${share(`${leaf("code")} IN ('InvalidToken', 'TokenExpired')`)}, arbitrary(${leaf("refusal.check")}) AS reason ${ON_OUR_PATHS}`,
    condition: "n >= 50 && percent > 20",
    windowMinutes: 15,
    everyMinutes: 5,
    times: 1,
    why: "An attack, a clock that is wrong, or an issuer that changed its keys, its audience or its address.",
    whyZh: "遭到攻击、时钟不准，或者登录服务更换了密钥、受众（audience）或地址。",
  },
  {
    id: "access-denied",
    title: "oss-valet: more than 20 % of requests are refused by the rules",
    titleZh: "oss-valet：超过 20% 的请求被规则拒绝",
    severity: "medium",
    query: `${REQUESTS} | SELECT count(*) AS n, count_if(${leaf("code")} = 'AccessDenied') AS refused, ${share(`${leaf("code")} = 'AccessDenied'`)}, arbitrary(${leaf("refusal.because")}) AS because ${ON_OUR_PATHS}`,
    condition: "n >= 50 && percent > 20",
    windowMinutes: 15,
    everyMinutes: 5,
    times: 1,
    why: "Usually new rules, or an issuer that sends other claims than before.",
    whyZh: "通常是规则刚改过，或者登录服务发出的声明（claim）变了。",
  },
  {
    id: "rate-limited",
    title: "oss-valet: one user is over the rate limit",
    titleZh: "oss-valet：某个用户超过频率限制",
    severity: "low",
    query: `${LINE_FIELD}.code: TooManyRequests | SELECT ${leaf("sessionName")} AS who, count(*) AS n GROUP BY ${leaf("sessionName")} ORDER BY n DESC LIMIT 10`,
    condition: "n > 30",
    windowMinutes: 15,
    everyMinutes: 5,
    times: 1,
    why: "An App asks in a loop, or somebody uses a token for something else.",
    whyZh: "App 在循环请求，或者有人把登录令牌挪作他用。",
  },
  {
    id: "redis",
    title: "oss-valet: the shared cache is not used",
    titleZh: "oss-valet：共享缓存未被使用",
    severity: "low",
    query: `${LINE_FIELD}.warning: Redis | SELECT count(*) AS n, arbitrary(${leaf("warning")}) AS warning`,
    condition: "n > 0",
    windowMinutes: 15,
    everyMinutes: 5,
    times: 1,
    why: "Users notice nothing, but each instance asks STS for itself: more calls, and the quota comes nearer.",
    whyZh: "用户没有感觉，但每个实例各自调用 STS：调用变多，更容易用尽配额。",
  },
];

/** Source: terraform-provider-alicloud, alicloud_log_alert, severity. */
export const SEVERITY_NUMBERS = { critical: 10, high: 8, medium: 6, low: 4 } as const satisfies Record<
  Alarm["severity"],
  number
>;

/** e.g. oss-valet-sts-denied */
export const alertNameOf = ({ id }: Alarm): string => `oss-valet-${id}`;
