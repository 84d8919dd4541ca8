import { byId } from "./dom.ts";

/** Milliseconds that a message stays on the screen. */
const SHOWN_MS = 5000;

let timer: ReturnType<typeof setTimeout> | undefined;

/** Shows a short message at the edge of the page; a screen reader says it. */
export function announce(text: string): void {
  const region = byId("announcements");
  region.textContent = text;
  region.classList.add("shown");
  clearTimeout(timer);
  timer = setTimeout(() => region.classList.remove("shown"), SHOWN_MS);
}
