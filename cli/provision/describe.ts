import { documentText, type Plan, type Step } from "./plan.ts";

/** A plan for a person: each change on a line, documents below, what widens marked. */
export function planText(plan: Plan): string {
  const lines = plan.steps.flatMap((step) => [
    `${marker(step)} ${headline(step)}`,
    ...details(step).map((line) => `    ${line}`),
  ]);
  const notices = plan.notices.map((notice) => `! ${notice}`);
  return [...(plan.steps.length === 0 ? ["Nothing to change."] : lines), ...notices].join("\n");
}

/** What a step allows beyond what exists; empty for what it makes anew. */
export function wideningOf(step: Step): readonly string[] {
  return "widens" in step ? step.widens : [];
}

/** One line that says what a step does. */
export function headline(step: Step): string {
  switch (step.kind) {
    case "create user":
      return `RAM user ${step.user.name}`;
    case "create access key":
      return `access key of RAM user ${step.user.name} (shown once, when it is made)`;
    case "create role":
      return `role ${step.role.name}, sessions of ${step.role.maxSessionSeconds} s at the most`;
    case "change trust policy":
      return `trust policy of role ${step.role.name}`;
    case "change maximum session":
      return `maximum session of role ${step.role.name}: ${step.before} s → ${step.role.maxSessionSeconds} s`;
    case "create policy":
      return `policy ${step.policy.name}`;
    case "change policy":
      return `policy ${step.policy.name}, as a new default version${step.obsoleteVersion === undefined ? "" : ` (deletes its old version ${step.obsoleteVersion}: RAM keeps five)`}`;
    case "attach policy":
      return `policy ${step.policy} attached to ${step.to} ${step.name}`;
  }
}

function marker(step: Step): string {
  return step.kind.startsWith("change") ? "~" : "+";
}

function details(step: Step): readonly string[] {
  switch (step.kind) {
    case "create role":
      return [`trust   ${documentText(step.role.trustPolicy)}`];
    case "create policy":
      return [documentText(step.policy.document)];
    case "change trust policy":
      return [`- ${step.before}`, `+ ${documentText(step.role.trustPolicy)}`, ...widening(step.widens)];
    case "change policy":
      return [`- ${step.before}`, `+ ${documentText(step.policy.document)}`, ...widening(step.widens)];
    case "change maximum session":
      return widening(step.widens);
    case "create user":
    case "create access key":
    case "attach policy":
      return [];
  }
}

function widening(widens: readonly string[]): readonly string[] {
  return widens.map((what) => `WIDENS: ${what}`);
}
