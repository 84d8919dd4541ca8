import { button } from "../page/button.ts";
import { h } from "../page/dom.ts";
import { nameOf, sizeText } from "../page/format.ts";
import { icon } from "../page/icons.ts";
import { texts } from "../texts/language.ts";
import { askToRemove, share } from "./dialogs.ts";
import { addressOf } from "./folder.ts";
import type { GalleryOptions } from "./gallery.ts";
import { iconOf, kindOf } from "./kind.ts";
import { preview } from "./preview.ts";
import { linkTo, type StoredFile } from "./store.ts";

export function folderTile(prefix: string, options: GalleryOptions): HTMLElement {
  const t = texts();
  const name = nameOf(prefix);
  return h(
    "li",
    { class: "tile folder" },
    h(
      "a",
      { class: "open", href: addressOf(prefix, options.session) },
      h("span", { class: "thumb" }, icon("folder")),
      h("span", { class: "name" }, name),
      h("span", { class: "meta" }, t.folder),
    ),
    options.session.may("delete") &&
      h(
        "div",
        { class: "todo" },
        button({ icon: "bin", label: t.remove(name), press: () => askToRemove(prefix, options) }),
      ),
  );
}

export function fileTile(file: StoredFile, options: GalleryOptions): HTMLElement {
  const t = texts();
  const { session } = options;
  const name = nameOf(file.key);
  const thumb = h("span", { class: "thumb" }, icon(iconOf(file.key)));
  if (kindOf(file.key) === "picture" && session.may("read")) showThumbnail(thumb, file, options);
  const open = h(
    "button",
    { type: "button", class: "open", "aria-haspopup": "dialog" },
    thumb,
    h("span", { class: "name" }, name),
    h("span", { class: "meta" }, sizeText(file.size)),
  );
  open.addEventListener("click", () => preview(file, options));
  return h(
    "li",
    { class: "tile" },
    open,
    h(
      "div",
      { class: "todo" },
      session.may("read") &&
        button({ icon: "link", label: t.share(name), press: () => share(file.key, options) }),
      session.may("delete") &&
        button({ icon: "bin", label: t.remove(name), press: () => askToRemove(file.key, options) }),
    ),
  );
}

/**
 * Loads the picture itself by a signed link. (OSS can make it smaller on its way, with x-oss-process; the local one cannot.)
 * A link may end before the browser comes to the picture: then one more is made.
 */
function showThumbnail(place: HTMLElement, { key }: StoredFile, { session }: GalleryOptions): void {
  const picture = h("img", { alt: "", loading: "lazy", decoding: "async" });
  const load = async (): Promise<void> => {
    picture.src = await linkTo(session.credentials, key);
  };
  const give = (): void => picture.remove();
  picture.addEventListener("load", () => place.classList.add("loaded"));
  picture.addEventListener(
    "error",
    () => {
      picture.addEventListener("error", give, { once: true });
      load().catch(give);
    },
    { once: true },
  );
  place.append(picture);
  load().catch(give);
}
