import { claimsIn } from "../login.ts";
import { fill, h } from "../page/dom.ts";
import { timeText } from "../page/format.ts";
import { texts } from "../texts/language.ts";
import type { Facts } from "./cloud.ts";
import type { ExchangeOptions } from "./panel.ts";

/** Bytes that STS takes of a session policy. Source: STS AssumeRole, parameter Policy. */
const MAX_POLICY_BYTES = 2048;

/** How the credentials came about: claims, rule, session policy, call of STS. */
export function showSteps(place: HTMLElement, { session, cloud, signal }: ExchangeOptions): void {
  const t = texts();
  const claims = step(1, t.claims, t.claimsText);
  const rule = step(2, t.rule, t.ruleText);
  const policy = step(3, t.policy, t.policyText);
  const call = step(4, t.stsCall, t.stsCallText);
  fill(place, ...[claims, rule, policy, call].map(({ element }) => element));

  session.login.latest.follow((token) => {
    if (token !== undefined) claims.show(json(readableClaims(claimsIn(token))));
  }, signal);
  cloud.facts.follow((facts) => {
    if (facts === undefined) return;
    rule.show(json(facts.rules.length === 1 ? facts.rules[0] : facts.rules));
    policy.show(
      policyJson(facts.sessionPolicy ?? ""),
      t.bytesOf(`${byteLength(facts.sessionPolicy ?? "")}`, `${MAX_POLICY_BYTES} B`),
    );
    call.show(json(callOf(facts)));
  }, signal);
}

interface Step {
  readonly element: HTMLElement;
  show(content: string, note?: string): void;
}

function step(number: number, title: string, text: string): Step {
  const content = h("pre", { tabindex: 0, "aria-label": title });
  const note = h("span", { class: "note" });
  return {
    element: h(
      "details",
      { class: "step", open: number === 3 },
      h("summary", {}, h("span", { class: "number" }, String(number)), title, note),
      h("p", { class: "hint" }, text),
      content,
    ),
    show: (shown, noted = "") => {
      // Untouched while it is the same: the reader's selection stays.
      if (content.textContent !== shown) content.textContent = shown;
      if (note.textContent !== noted) note.textContent = noted;
    },
  };
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

function policyJson(text: string): string {
  return text === "" ? "" : json(JSON.parse(text));
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Times of a token are seconds since 1970: readable for few. */
function readableClaims(claims: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(
    Object.entries(claims).map(([name, value]) => [
      name,
      (name === "iat" || name === "exp") && typeof value === "number"
        ? `${value} (${timeText(value * 1000)})`
        : value,
    ]),
  );
}

function callOf({ role, audit, issuedMs, expiresMs }: Facts): object {
  return {
    Role: role,
    // STS leaves the milliseconds of the end out.
    DurationSeconds: Math.ceil((expiresMs - issuedMs) / 1000),
    RequestId: audit?.requestId,
    "function, ms": audit?.durationMs,
  };
}
