import { documentText } from "./desired-state.ts";
import { type Plan, type Step, wideningOf } from "./plan.ts";

/** A plan for a person: each change on a line, documents below, what widens marked. */
export function planText(plan: Plan): string {
  const lines = plan.steps.flatMap((step) => [
    `${marker(step)} ${headline(step)}`,
    ...[...details(step), ...wideningOf(step).map((what) => `WIDENS: ${what}`)].map((line) => `    ${line}`),
  ]);
  const notices = plan.notices.map((notice) => `! ${notice}`);
  return [...(plan.steps.length === 0 ? ["Nothing to change."] : lines), ...notices].join("\n");
}

/** One line that says what a step does. */
export function headline(step: Step): string {
  switch (step.kind) {
    case "create user":
      return `RAM user ${step.user.name}`;
    case "create access key":
      return `access key of RAM user ${step.user.name} (shown once, when it is created)`;
    case "finish user":
      return `RAM user ${step.user.name} marked as complete, in its comment`;
    case "finish role":
      return `role ${step.role.name} marked as complete, in its description`;
    case "create role":
      return `role ${step.role.name}, sessions of up to ${step.role.maxSessionSeconds} s`;
    case "change trust policy":
      return `trust policy of role ${step.role.name}`;
    case "change maximum session":
      return `maximum session of role ${step.role.name}: ${step.before} s → ${step.role.maxSessionSeconds} s`;
    case "create policy":
      return `policy ${step.policy.name}`;
    case "change policy":
      return `policy ${step.policy.name}, as a new default version${step.obsoleteVersion === undefined ? "" : ` (deletes its old version ${step.obsoleteVersion}: RAM keeps five)`}`;
    case "attach policy":
      return `policy ${step.policy.name} attached to ${step.to} ${step.name}`;
  }
}

function marker({ kind }: Step): string {
  return kind.startsWith("create") || kind.startsWith("attach") ? "+" : "~";
}

function details(step: Step): readonly string[] {
  switch (step.kind) {
    case "create role":
      return [`trust   ${documentText(step.role.trustPolicy)}`];
    case "create policy":
      return [documentText(step.policy.document)];
    case "change trust policy":
      return [`- ${step.before}`, `+ ${documentText(step.role.trustPolicy)}`];
    case "change policy":
      return [`- ${step.before}`, `+ ${documentText(step.policy.document)}`];
    case "change maximum session":
    case "create user":
    case "create access key":
    case "finish user":
    case "finish role":
    case "attach policy":
      return [];
  }
}
