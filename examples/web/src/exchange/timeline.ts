import { fill, h } from "../page/dom.ts";
import { timeText } from "../page/format.ts";
import { texts } from "../texts/language.ts";
import type { Call } from "./cloud.ts";
import type { ExchangeOptions } from "./panel.ts";

/** Calls that are shown at first. */
const SHOWN = 30;

const SERVICES: Readonly<Record<Call["service"], string>> = {
  fc: "valet",
  sts: "STS",
  oss: "OSS",
  ram: "RAM",
  issuer: "login",
  proxy: "proxy",
};

/** Every call of this user, the newest first, with its status and request id. */
export function showTimeline(place: HTMLElement, { cloud, signal }: ExchangeOptions): void {
  const list = h("ol", { class: "calls", tabindex: 0, "aria-label": texts().callsTitle });
  /** A line stays as it is: only new ones come in. */
  const made = new Map<string, HTMLElement>();
  fill(
    place,
    h("h2", { id: "calls-title" }, texts().callsTitle),
    h("p", { class: "hint" }, texts().callsText),
    list,
  );
  cloud.facts.follow((facts) => {
    const calls = (facts?.calls ?? []).slice(0, SHOWN);
    for (const [at, call] of calls.entries()) {
      const line = made.get(call.requestId) ?? lineOf(call);
      made.set(call.requestId, line);
      if (list.children[at] !== line) list.insertBefore(line, list.children[at] ?? null);
    }
    while (list.children.length > calls.length) list.lastElementChild?.remove();
  }, signal);
}

function lineOf({
  service,
  operation,
  status,
  code,
  resource,
  because,
  requestId,
  timeMs,
}: Call): HTMLElement {
  const key = resource?.replace(/^acs:[a-z]+:[^:]*:[^:]*:(?:[^/]+\/(?=.*\/))?/, "");
  return h(
    "li",
    { class: status < 400 ? "call" : "call refused" },
    h("span", { class: `service ${service}` }, SERVICES[service]),
    h("b", {}, operation),
    h("span", { class: "status" }, code === undefined ? String(status) : `${status} ${code}`),
    key !== undefined && h("span", { class: "resource" }, key),
    because !== undefined && saysWhyNot(status, because) && h("span", { class: "because" }, because),
    h("span", { class: "ids" }, h("time", {}, timeText(timeMs)), " ", h("code", {}, requestId)),
  );
}

/** Of other errors (a missing key, a taken one) it says why the policy allowed the call. */
function saysWhyNot(status: number, because: string): boolean {
  return status === 401 || status === 403 || because.startsWith("fault: ");
}
