import type { Cloud } from "../exchange/cloud.ts";
import { button } from "../page/button.ts";
import { fill, h } from "../page/dom.ts";
import { nameOf } from "../page/format.ts";
import { explanation, showProblem } from "../problem.ts";
import type { Session } from "../session.ts";
import { texts } from "../texts/language.ts";
import { showUploads } from "../uploads/tray.ts";
import type { Uploads } from "../uploads/uploads.ts";
import { breadcrumbs } from "./breadcrumbs.ts";
import { askForFolder } from "./dialogs.ts";
import { takeDroppedFiles } from "./drop.ts";
import type { Folder, FolderState } from "./folder.ts";
import { samplePictures } from "./sample-pictures.ts";
import type { StoredFile } from "./store.ts";
import { fileTile, folderTile } from "./tiles.ts";

export interface GalleryOptions {
  readonly session: Session;
  readonly cloud: Cloud;
  readonly folder: Folder;
  readonly uploads: Uploads;
  readonly signal: AbortSignal;
}

/** The open folder: its name, what can be done with it, what is being uploaded, and what is in it. */
export function showGallery(place: HTMLElement, options: GalleryOptions): void {
  const { session, folder, uploads, signal } = options;
  const t = texts();
  const title = h("h1", { class: "unseen" });
  const crumbs = h("nav", { "aria-label": t.folders, class: "crumbs" });
  const grid = h("div", { class: "grid-place" });
  const tray = h("section", { class: "tray-place", "aria-label": t.uploads });
  /** Tiles that stay as they are while their file does: pictures are not loaded twice. */
  const tiles = new Map<string, HTMLElement>();

  const add = (files: readonly File[]): void => {
    for (const file of files) uploads.add(file, `${folder.state.value.prefix}${file.name}`);
  };
  const addSamples = (): void => void samplePictures().then(add).catch(showProblem);
  const input = h("input", { type: "file", multiple: true, id: "file", hidden: true });
  input.addEventListener("change", () => {
    add([...(input.files ?? [])]);
    input.value = "";
  });
  const choose = (): void => input.click();

  fill(
    place,
    title,
    h(
      "header",
      { class: "files-bar" },
      crumbs,
      session.may("write") &&
        h(
          "div",
          { class: "row" },
          button({ class: "soft", icon: "folderPlus", press: () => askForFolder(options) }, t.newFolder),
          button({ class: "primary", icon: "upload", id: "upload", press: choose }, t.upload),
          input,
        ),
    ),
    tray,
    grid,
  );
  showUploads(tray, { uploads, signal });
  if (session.may("write")) takeDroppedFiles(place, add, signal);

  folder.state.follow((state) => {
    title.textContent = state.prefix === session.home ? t.myFiles : nameOf(state.prefix);
    fill(crumbs, breadcrumbs(state.prefix, session));
    fill(grid, contentOf(state));
    grid.setAttribute("aria-busy", String(state.kind === "loading"));
  }, signal);

  function contentOf(state: FolderState): HTMLElement {
    if (state.kind === "loading")
      return h("ul", { class: "grid" }, ...Array.from({ length: 4 }, () => h("li", { class: "tile ghost" })));
    if (state.kind === "failed")
      return h("div", { class: "problem", role: "alert" }, explanation(state.error));
    const { folders, files } = state.listing;
    const shown = [
      ...folders.map((prefix) => tileOf(prefix, () => folderTile(prefix, options))),
      ...files.map((file) => tileOf(versionOf(file), () => fileTile(file, options))),
    ];
    return shown.length === 0 ? emptyFolder() : h("ul", { class: "grid" }, ...shown);
  }

  function tileOf(id: string, make: () => HTMLElement): HTMLElement {
    const tile = tiles.get(id) ?? make();
    tiles.set(id, tile);
    return tile;
  }

  function emptyFolder(): HTMLElement {
    return h(
      "div",
      { class: "empty" },
      h("div", { class: "empty-picture", "aria-hidden": "true" }, h("i"), h("i"), h("i")),
      h("h2", {}, t.emptyTitle),
      h("p", {}, t.emptyText),
      session.may("write") &&
        h(
          "div",
          { class: "row" },
          button({ class: "primary", icon: "sparkle", press: addSamples }, t.samplePictures),
          button({ class: "soft", icon: "upload", press: choose }, t.chooseFiles),
        ),
    );
  }
}

function versionOf({ key, size, lastModified }: StoredFile): string {
  return `${key} ${size} ${lastModified.getTime()}`;
}
