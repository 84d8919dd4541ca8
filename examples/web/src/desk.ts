import { type Cloud, cloudOf } from "./exchange/cloud.ts";
import { showExchange } from "./exchange/panel.ts";
import { showTimeline } from "./exchange/timeline.ts";
import { type Folder, folderOf } from "./files/folder.ts";
import { showGallery } from "./files/gallery.ts";
import { fill, h } from "./page/dom.ts";
import type { Session } from "./session.ts";
import { texts } from "./texts/language.ts";
import { type Uploads, uploadsOf } from "./uploads/uploads.ts";

/** What lives as long as the session, whatever is on the screen. */
interface Desk {
  readonly cloud: Cloud;
  readonly folder: Folder;
  readonly uploads: Uploads;
}

const desks = new WeakMap<Session, Desk>();

/** The user's files, with the exchange beside them. */
export function showDesk(main: HTMLElement, session: Session, signal: AbortSignal): void {
  const desk = desks.get(session) ?? newDesk(session);
  desks.set(session, desk);
  const files = h("section", { class: "files", "aria-label": texts().files });
  const exchange = h("aside", { class: "exchange", "aria-labelledby": "exchange-title" });
  const calls = h("section", { class: "card calls-place", "aria-labelledby": "calls-title" });
  fill(main, h("div", { class: "desk" }, files, exchange, calls));
  showGallery(files, { session, ...desk, signal });
  showExchange(exchange, { session, ...desk, signal });
  showTimeline(calls, { session, ...desk, signal });
}

function newDesk(session: Session): Desk {
  const folder = folderOf(session);
  return { cloud: cloudOf(session), folder, uploads: uploadsOf(session, folder.reload) };
}
