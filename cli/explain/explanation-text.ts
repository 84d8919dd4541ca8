import type { GrantStatement } from "../../shared/domain/grant/access-grant.ts";
import type { RuleOutcome } from "../../shared/domain/grant/rule-outcome.ts";
import { MAX_SESSION_POLICY_BYTES } from "../../shared/domain/policy/session-policy.ts";
import { voiceText } from "../shared/evaluator.ts";
import { refusalText } from "../shared/refusal-text.ts";
import { type Explanation, getsFormsOnly } from "./explanation.ts";

/** Green and red for a terminal; words say the same. */
export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
}

/** For people: one block a step. */
export function explanationText(explanation: Explanation, paint: Paint): string {
  return [
    ...checksOf(explanation, paint),
    ...principalOf(explanation),
    ...rulesOf(explanation, paint),
    ...formsOf(explanation),
    ...wantedOf(explanation),
    ...grantOf(explanation),
    ...policyOf(explanation),
    ...refusalOf(explanation, paint),
    ...decisionOf(explanation, paint),
    ...formOf(explanation, paint),
  ].join("\n");
}

const WIDTH = 16;

function block(title: string, lines: readonly string[]): readonly string[] {
  return lines.map((line, index) => `${(index === 0 ? title : "").padEnd(WIDTH)}${line}`);
}

function checksOf({ checks }: Explanation, paint: Paint): readonly string[] {
  if (checks === undefined) return [];
  return block("App token", [
    paint.bad("UNVERIFIED: only decoded; its signature was not checked"),
    ...checks.map(({ check, holds, because }) =>
      holds
        ? `${paint.good("ok")}      ${check}: ${because}`
        : `${paint.bad("FAILS")}   ${check}: ${because} (401)`,
    ),
  ]);
}

function principalOf({ principal, sessionName, userHash }: Explanation): readonly string[] {
  if (principal === undefined || sessionName === undefined || userHash === undefined) return [];
  return [
    ...block("principal", [
      `${JSON.stringify(principal.user)} of ${principal.issuer} (${principal.issuerUrl})`,
      ...[...principal.attributes].map(([claim, value]) => `claim ${claim}: ${JSON.stringify(value)}`),
      `${userHash.placeholder} would be ${userHash.segment}`,
    ]),
    ...block("session name", [sessionName]),
  ];
}

function rulesOf({ rules }: Explanation, paint: Paint): readonly string[] {
  if (rules === undefined) return [];
  return block(
    "rules",
    rules.map(({ rule, mode, signedIn, outcome }) => {
      const everybody = signedIn ? " (for everybody who has signed in)" : "";
      const report = mode === "report" ? " (mode report: only logged, grants nothing)" : "";
      const mark = { matched: paint.good("matches "), "no match": "no      ", unsafe: paint.bad("REFUSES ") }[
        outcome.kind
      ];
      return `${mark}${rule}: ${outcomeText(outcome)}${everybody}${report}`;
    }),
  );
}

function formsOf({ forms = [] }: Explanation): readonly string[] {
  return block(
    "forms",
    forms.map(({ bucket, prefix, limits: { maxBytes, contentTypes, overwrite } }) => {
      const replacing = overwrite ? "may replace files" : "replace no file";
      return `on ${bucket}/${prefix}: up to ${maxBytes} bytes, ${contentTypes.join(", ")}, ${replacing}`;
    }),
  );
}

function formOf({ form }: Explanation, paint: Paint): readonly string[] {
  if (form === undefined) return [];
  const { key, contentType, bytes } = form.question;
  const verdict = form.granted ? paint.good("ALLOWED") : paint.bad("DENIED");
  return block("decision", [`${verdict} upload ${key} ${contentType} of ${bytes} bytes`, form.because]);
}

function outcomeText(outcome: RuleOutcome): string {
  switch (outcome.kind) {
    case "matched":
      return outcome.prefix;
    case "no match":
      return outcome.because;
    case "unsafe":
      return `claim ${outcome.claim} ${outcome.problem}; the request is refused`;
  }
}

function wantedOf({ wanted }: Explanation): readonly string[] {
  const { permissions, prefix, durationSeconds } = wanted;
  const parts = [
    ...(permissions === undefined ? [] : [`permissions ${permissions.join(", ")}`]),
    ...(prefix === undefined ? [] : [`prefix ${prefix}`]),
    ...(durationSeconds === undefined ? [] : [`${durationSeconds} s`]),
  ];
  return parts.length === 0 ? [] : block("asked for", [parts.join("; ")]);
}

function grantOf({ grant }: Explanation): readonly string[] {
  if (grant === undefined) return [];
  return block("grant", [
    ...grant.statements.map(statementText),
    `for ${grant.sessionSeconds} s, by ${grant.rules.join(", ")}`,
  ]);
}

function statementText({
  permissions,
  actions,
  bucket,
  prefix,
  sourceIp,
  secureTransport,
}: GrantStatement): string {
  const conditions = [
    ...(sourceIp === undefined ? [] : [`from ${sourceIp} only`]),
    ...(secureTransport ? ["over TLS only"] : []),
  ];
  return [`${[...permissions, ...actions].join(", ")} on ${bucket}/${prefix}`, ...conditions].join(", ");
}

function policyOf({ policy }: Explanation): readonly string[] {
  if (policy === undefined) return [];
  return block("session policy", [
    `${policy.bytes} of ${MAX_SESSION_POLICY_BYTES} bytes`,
    ...JSON.stringify(JSON.parse(policy.text), null, 2).split("\n"),
  ]);
}

function refusalOf(explanation: Explanation, paint: Paint): readonly string[] {
  const { refusal, denial, question, hint } = explanation;
  if (refusal === undefined) return [];
  if (refusal.code === "ACCESS_NOT_GRANTED" && getsFormsOnly(explanation)) {
    const denied =
      question === undefined ? [] : [`${paint.bad("DENIED")} ${question.permission} ${question.key}`];
    return [
      ...block("credentials", [`none: ${refusal.because}`]),
      ...block("decision", [...denied, ...(hint === undefined ? [] : [hint])]),
    ];
  }
  const reason = denial?.reason === undefined ? "" : `: ${denial.reason}`;
  return block("refused", [
    `${paint.bad("REFUSED")} ${refusalText(refusal)}`,
    ...(denial === undefined ? [] : [`by deny[${denial.index}] of access.yaml${reason}`]),
    ...(hint === undefined ? [] : [hint]),
    "see docs/errors.md: what the App gets, and what to do",
  ]);
}

function decisionOf({ decision, hint }: Explanation, paint: Paint): readonly string[] {
  if (decision === undefined) return [];
  const { question, sent, judgement } = decision;
  const verdict = {
    allowed: paint.good("ALLOWED"),
    denied: paint.bad("DENIED"),
    partly: paint.bad("ALLOWED IN PART"),
  }[judgement.verdict];
  return block("decision", [
    `${verdict} ${question.permission} ${question.key}`,
    ...(sent === question.key ? [] : [`HTTP clients send this key as ${sent}`]),
    ...(hint === undefined ? [] : [hint]),
    ...judgement.actions.flatMap(({ action, resource, allowed, voices }) => [
      `${allowed ? "allowed" : "denied"}: ${action} on ${resource}`,
      ...voices.map((voice) => `  ${voiceText(voice, action)}`),
    ]),
  ]);
}
