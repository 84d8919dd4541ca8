import { announce } from "../page/announce.ts";
import { button } from "../page/button.ts";
import { fill, h } from "../page/dom.ts";
import { nameOf, sizeText } from "../page/format.ts";
import { icon } from "../page/icons.ts";
import { texts } from "../texts/language.ts";
import { uploadRow } from "./row.ts";
import { TEST_FILE, testFile } from "./test-file.ts";
import type { Unfinished } from "./unfinished.ts";
import type { Upload, Uploads } from "./uploads.ts";

/** What is on its way, and what a reload has cut off. Empty when there is neither. */
export function showUploads(
  place: HTMLElement,
  { uploads, signal }: { readonly uploads: Uploads; readonly signal: AbortSignal },
): void {
  const t = texts();
  const rows = h("ul", { class: "rows" });
  const waiting = h("ul", { class: "rows" });
  /** A row stays while its upload does: a button keeps the focus. */
  const made = new Map<Upload, HTMLElement>();

  fill(place, h("h2", { class: "unseen" }, t.uploads), waiting, rows);
  uploads.list.follow((list) => {
    const shown = list.map((one) => {
      const row = made.get(one) ?? uploadRow(one, uploads, signal);
      made.set(one, row);
      return row;
    });
    keepRows(rows, shown);
  }, signal);
  uploads.cutOff.follow((list) => fill(waiting, ...list.map((one) => cutOffRow(one, uploads))), signal);
}

/** Adds and removes rows without touching the others. */
function keepRows(list: HTMLElement, rows: readonly HTMLElement[]): void {
  for (const old of [...list.children]) if (!rows.includes(old as HTMLElement)) old.remove();
  for (const [at, row] of rows.entries())
    if (list.children[at] !== row) list.insertBefore(row, list.children[at] ?? null);
}

function cutOffRow(one: Unfinished, uploads: Uploads): HTMLElement {
  const t = texts();
  const name = nameOf(one.key);
  const input = h("input", { type: "file", hidden: true });
  const goOn = (file: File | undefined): void => {
    if (file !== undefined && !uploads.goOn(one, file)) announce(t.anotherFile(name));
  };
  input.addEventListener("change", () => goOn(input.files?.[0]));
  return h(
    "li",
    { class: "row-upload cut-off" },
    icon("clock"),
    h(
      "div",
      { class: "row-facts" },
      h("b", {}, name),
      h("span", { class: "hint" }, t.cutOff(sizeText(one.loaded), sizeText(one.size))),
    ),
    button(
      { class: "soft", icon: "play", press: () => (name === TEST_FILE ? goOn(testFile()) : input.click()) },
      name === TEST_FILE ? t.resumeShort : t.chooseAgain,
    ),
    input,
    button({ class: "plain", icon: "close", label: t.forget(name), press: () => uploads.dismiss(one) }),
  );
}
