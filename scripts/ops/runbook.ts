import { ALARMS, type Alarm } from "./alarms.ts";

/** A part of a runbook page that is made from the table of alarms. */
interface RunbookPart {
  /** From the repository's root. */
  readonly path: string;
  readonly part: string;
  readonly text: string;
}

/** The facts on each alarm's page, and the table on the first page, in English and Chinese. */
export const RUNBOOKS: readonly RunbookPart[] = [
  { path: "docs/runbook/README.md", part: "alarms", text: tableOf(english()) },
  { path: "docs/zh/runbook/README.md", part: "alarms", text: tableOf(chinese()) },
  ...ALARMS.flatMap((alarm) => [
    { path: `docs/runbook/${alarm.id}.md`, part: "alarm", text: factsOf(alarm, english()) },
    { path: `docs/zh/runbook/${alarm.id}.md`, part: "alarm", text: factsOf(alarm, chinese()) },
  ]),
];

interface Words {
  readonly titleOf: (alarm: Alarm) => string;
  readonly whyOf: (alarm: Alarm) => string;
  readonly heads: {
    readonly severity: string;
    readonly rings: string;
    readonly over: string;
    readonly why: string;
  };
  readonly alarm: string;
  readonly severities: Readonly<Record<Alarm["severity"], string>>;
  readonly over: (alarm: Alarm) => string;
  readonly query: string;
}

function english(): Words {
  return {
    titleOf: ({ title }) => title,
    whyOf: ({ why }) => why,
    heads: { severity: "severity", rings: "rings when", over: "looks at", why: "why somebody should come" },
    alarm: "alarm",
    severities: { critical: "critical", high: "high", medium: "medium", low: "low" },
    over: ({ windowMinutes, everyMinutes, times }) =>
      `the last ${windowMinutes} minutes, every ${everyMinutes === 1 ? "minute" : `${everyMinutes} minutes`}${times === 1 ? "" : `; rings when it is so ${times} times in a row`}`,
    query: "Its query, to paste into the console of Log Service:",
  };
}

function chinese(): Words {
  return {
    titleOf: ({ titleZh }) => titleZh,
    whyOf: ({ whyZh }) => whyZh,
    heads: { severity: "级别", rings: "触发条件", over: "检查范围", why: "为什么要处理" },
    alarm: "告警",
    severities: { critical: "严重", high: "高", medium: "中", low: "低" },
    over: ({ windowMinutes, everyMinutes, times }) =>
      `最近 ${windowMinutes} 分钟，每 ${everyMinutes} 分钟检查一次${times === 1 ? "" : `，连续 ${times} 次满足才触发`}`,
    query: "查询语句（可粘贴到日志服务控制台）：",
  };
}

function factsOf(alarm: Alarm, words: Words): string {
  const { heads } = words;
  return `| ${heads.severity} | ${heads.rings} | ${heads.over} | ${heads.why} |
|---|---|---|---|
| ${words.severities[alarm.severity]} | \`${alarm.condition.replaceAll("|", "\\|")}\` | ${words.over(alarm)} | ${words.whyOf(alarm)} |

${words.query}

\`\`\`text
${alarm.query}
\`\`\`
`;
}

function tableOf(words: Words): string {
  const { heads } = words;
  const rows = ALARMS.map(
    (alarm) =>
      `| [${alarm.id}](${alarm.id}.md) | ${words.severities[alarm.severity]} | ${words.titleOf(alarm).replace(/^oss-valet[:：] ?/, "")} | ${words.whyOf(alarm)} |`,
  );
  return `| ${words.alarm} | ${heads.severity} | ${heads.rings} | ${heads.why} |
|---|---|---|---|
${rows.join("\n")}
`;
}
