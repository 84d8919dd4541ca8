import { button } from "../page/button.ts";
import { openDialog } from "../page/dialog.ts";
import { fill, h } from "../page/dom.ts";
import { dateText, nameOf, sizeText } from "../page/format.ts";
import { icon } from "../page/icons.ts";
import { explanation } from "../problem.ts";
import { texts } from "../texts/language.ts";
import { askToRemove, share } from "./dialogs.ts";
import type { GalleryOptions } from "./gallery.ts";
import { iconOf, kindOf } from "./kind.ts";
import { downloadLink, linkTo, type StoredFile, textOf } from "./store.ts";

/** Shows a file large. The arrow keys go on to its neighbours. */
export function preview(first: StoredFile, options: GalleryOptions): void {
  const t = texts();
  const { session, folder } = options;
  const state = folder.state.value;
  const files = state.kind === "listed" ? state.listing.files : [first];
  let file = first;
  openDialog(
    nameOf(file.key),
    ({ element, closed, close }) => {
      const stage = h("div", { class: "stage" });
      const facts = h("p", { class: "hint" });
      const download = h("a", { class: "soft button" }, icon("download"), t.download);
      const show = async (next: StoredFile): Promise<void> => {
        file = next;
        const title = element.querySelector("h2");
        if (title !== null) title.textContent = nameOf(file.key);
        facts.textContent = `${sizeText(file.size)} · ${dateText(file.lastModified)}`;
        fill(stage, h("span", { class: "waiting" }, icon(iconOf(file.key))));
        try {
          const url = await linkTo(session.credentials, file.key);
          download.href = await downloadLink(session.credentials, file.key, nameOf(file.key));
          const content = await contentOf(file, url);
          if (file === next) fill(stage, content);
        } catch (error) {
          if (file === next) fill(stage, explanation(error));
        }
      };
      const step = (by: number): void => {
        const at = files.findIndex(({ key }) => key === file.key) + by;
        const next = files[(at + files.length) % files.length];
        if (next !== undefined) void show(next);
      };
      element.addEventListener(
        "keydown",
        ({ key, target }) => {
          if (target instanceof HTMLMediaElement) return;
          if (key === "ArrowRight") step(1);
          if (key === "ArrowLeft") step(-1);
        },
        { signal: closed },
      );
      void show(file);
      const others = files.length > 1;
      return [
        stage,
        h(
          "footer",
          { class: "row" },
          others && button({ class: "plain", icon: "back", label: t.previous, press: () => step(-1) }),
          others && button({ class: "plain", icon: "next", label: t.next, press: () => step(1) }),
          facts,
          h(
            "div",
            { class: "row end" },
            download,
            button({ class: "soft", icon: "link", press: () => share(file.key, options) }, t.shareShort),
            session.may("delete") &&
              button(
                {
                  class: "soft",
                  icon: "bin",
                  press: () => {
                    close();
                    askToRemove(file.key, options);
                  },
                },
                t.removeIt,
              ),
          ),
        ),
      ];
    },
    "wide",
  );
}

async function contentOf({ key, size }: StoredFile, src: string): Promise<HTMLElement> {
  const name = nameOf(key);
  switch (kindOf(key)) {
    case "picture":
      return h("img", { src, alt: name });
    case "film":
      return h("video", { src, controls: true, "aria-label": name });
    case "sound":
      return h("audio", { src, controls: true, "aria-label": name });
    case "text":
      return h("pre", { tabindex: 0 }, await textOf(src, size));
    case "other":
      return h("div", { class: "no-preview" }, icon(iconOf(key)), h("p", {}, texts().noPreview));
  }
}
