import type { Folder } from "../files/folder.ts";
import { fill, h } from "../page/dom.ts";
import type { Session } from "../session.ts";
import { texts } from "../texts/language.ts";
import type { Uploads } from "../uploads/uploads.ts";
import type { Cloud } from "./cloud.ts";
import { showControls } from "./controls.ts";
import { showNeighbour } from "./neighbour.ts";
import { showSteps } from "./steps.ts";
import { showTicket } from "./ticket.ts";

export interface ExchangeOptions {
  readonly session: Session;
  readonly cloud: Cloud;
  readonly folder: Folder;
  readonly uploads: Uploads;
  readonly signal: AbortSignal;
}

/** The exchange as it happens: the credentials and their life, time, how they came about, and every call. */
export function showExchange(place: HTMLElement, options: ExchangeOptions): void {
  const t = texts();
  const part = (label: string, show: (place: HTMLElement, options: ExchangeOptions) => void): HTMLElement => {
    const made = h("section", { class: "card" }, h("h3", {}, label));
    const inner = h("div", { class: "card-content" });
    made.append(inner);
    show(inner, options);
    return made;
  };
  const ticket = h("section", { class: "ticket" });
  showTicket(ticket, options);
  fill(
    place,
    h("h2", { id: "exchange-title" }, t.exchangeTitle),
    h("p", { class: "hint" }, t.exchangeText),
    ticket,
    part(t.timeTitle, showControls),
    part(t.neighbourTitle, showNeighbour),
    part(t.stepsTitle, showSteps),
  );
}
