import { announce } from "../page/announce.ts";
import { every } from "../page/cell.ts";
import { fill, h, s } from "../page/dom.ts";
import { leftText, maskedKey, timeText } from "../page/format.ts";
import { icon } from "../page/icons.ts";
import type { Life } from "../session.ts";
import { texts } from "../texts/language.ts";
import type { ExchangeOptions } from "./panel.ts";

/** Milliseconds between two looks at the clock. */
const TICK_MS = 250;

/** Share of a life that is left when the ring turns red. */
const NEARLY_OVER = 0.1;

/** Renewals that are listed. */
const LISTED = 4;

/** The key as a valet's ticket: a ring for what is left of its life, what it opens, and its renewals. */
export function showTicket(place: HTMLElement, { session, cloud, signal }: ExchangeOptions): void {
  const t = texts();
  const left = s("circle", {
    class: "ring-left",
    cx: 60,
    cy: 60,
    r: 52,
    pathLength: 100,
    "stroke-dasharray": "100 100",
  });
  const minutes = h("b", { class: "ring-time", id: "ring-time" });
  const caption = h("span", {});
  const ring = h(
    "div",
    { class: "ring", role: "img" },
    s(
      "svg",
      { viewBox: "0 0 120 120", "aria-hidden": "true" },
      s("circle", { class: "ring-whole", cx: 60, cy: 60, r: 52 }),
      left,
      // Where the client package renews: at half of the life.
      s("path", { class: "ring-half", d: "M60 117v-10" }),
    ),
    h("div", { class: "ring-text" }, minutes, caption),
  );
  const facts = h("dl", { class: "facts" });
  const renewals = h("ol", { class: "renewals", "aria-label": t.renewals });
  fill(
    place,
    h(
      "div",
      { class: "ticket-top" },
      ring,
      h("div", {}, h("h3", {}, icon("key"), t.ticketTitle(session.user)), facts),
    ),
    h("div", { class: "ticket-foot" }, renewals),
  );

  const tick = (): void => {
    const life = session.lives.value.at(-1);
    if (life === undefined) return;
    const leftMs = life.untilMs - cloud.now();
    const share = Math.min(1, Math.max(0, leftMs / (life.untilMs - life.fromMs)));
    // In steps, so that nothing moves in between.
    left.setAttribute("stroke-dashoffset", String(100 - Math.round(share * 200) / 2));
    ring.dataset["state"] =
      share === 0 ? "over" : share < NEARLY_OVER ? "nearly" : share < 0.5 ? "half" : "fresh";
    minutes.textContent = leftText(leftMs);
    caption.textContent = share === 0 ? t.ringOver : t.ringLeft;
    ring.setAttribute("aria-label", share === 0 ? t.ringOver : t.ringLabel(Math.ceil(leftMs / 60_000)));
  };
  let seen = session.lives.value.length;
  session.lives.follow((lives) => {
    const life = lives.at(-1);
    if (life === undefined) return;
    if (lives.length > seen) announce(t.renewedNow);
    seen = lives.length;
    fill(facts, ...factRows(life, session.home, t));
    fill(
      renewals,
      ...lives
        .slice(-LISTED)
        .reverse()
        .map((one, at) => renewalRow(one, lives.length - at, t)),
    );
    tick();
  }, signal);
  cloud.facts.follow(tick, signal);
  every(TICK_MS, tick, signal);
}

function factRows(life: Life, home: string, t: ReturnType<typeof texts>): readonly HTMLElement[] {
  return Object.entries({
    [t.opens]: home,
    [t.keyId]: maskedKey(life.accessKeyId),
    [t.until]: timeText(life.untilMs),
  }).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]);
}

function renewalRow(
  { accessKeyId, fromMs, untilMs }: Life,
  number: number,
  t: ReturnType<typeof texts>,
): HTMLElement {
  return h(
    "li",
    {},
    h("b", {}, number === 1 ? t.firstKeys : t.renewal(number - 1)),
    h("span", {}, `${timeText(fromMs)} – ${timeText(untilMs)}`),
    h("code", {}, maskedKey(accessKeyId)),
  );
}
