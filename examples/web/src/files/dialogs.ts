import { announce } from "../page/announce.ts";
import { button } from "../page/button.ts";
import { openDialog } from "../page/dialog.ts";
import { fill, h } from "../page/dom.ts";
import { nameOf, timeText } from "../page/format.ts";
import { icon } from "../page/icons.ts";
import { explanation, showProblem } from "../problem.ts";
import { texts } from "../texts/language.ts";
import type { GalleryOptions } from "./gallery.ts";
import { keysBelow, makeFolder, removeFile, sharedLink } from "./store.ts";

/** Minutes. No link lives longer than the credentials that signed it. */
const LINK_MINUTES = [5, 15, 60] as const;

/** A link to a file, for somebody who has no account. */
export function share(key: string, { session }: GalleryOptions): void {
  const t = texts();
  const name = nameOf(key);
  openDialog(t.share(name), () => {
    const link = h("input", { readonly: true, "aria-label": t.link, class: "link", id: "link" });
    const until = h("p", { class: "hint", role: "status" });
    const said = h("p", { class: "hint", role: "status" });
    const open = h(
      "a",
      { class: "soft button", target: "_blank", rel: "noreferrer" },
      icon("open"),
      t.openLink,
    );
    const copy = button({ class: "primary", icon: "copy", press: () => void copied() }, t.copy);
    const copied = async (): Promise<void> => {
      link.select();
      await navigator.clipboard.writeText(link.value);
      said.textContent = t.copied;
    };
    const make = async (minutes: number): Promise<void> => {
      try {
        const { url, endsMs } = await sharedLink(session.credentials, key, minutes * 60);
        said.textContent = "";
        link.value = url;
        open.href = url;
        const asAsked = endsMs >= session.credentials.now() + minutes * 60_000 - 1000;
        until.textContent = `${t.linkWorksUntil(timeText(endsMs))} ${asAsked ? "" : t.linkEndsWithCredentials}`;
      } catch (error) {
        fill(until, explanation(error));
      }
    };
    const choices = LINK_MINUTES.map((minutes) => {
      const id = `minutes-${minutes}`;
      const choice = h("input", {
        type: "radio",
        name: "minutes",
        id,
        value: minutes,
        checked: minutes === 15,
      });
      choice.addEventListener("change", () => void make(minutes));
      return h("label", { class: "choice", for: id }, choice, t.minutes(minutes));
    });
    void make(15);
    return [
      h("p", {}, t.shareText),
      h("fieldset", { class: "choices" }, h("legend", {}, t.linkWorksFor), ...choices),
      link,
      until,
      h("div", { class: "row" }, said, h("div", { class: "row end" }, open, copy)),
    ];
  });
}

/** Asks before it deletes: OSS keeps no copy. */
export function askToRemove(key: string, { session, folder, cloud }: GalleryOptions): void {
  const t = texts();
  const name = nameOf(key);
  const isFolder = key.endsWith("/");
  openDialog(
    t.removeTitle(name),
    ({ close }) => {
      const removing = async (event: MouseEvent): Promise<void> => {
        (event.currentTarget as HTMLButtonElement).disabled = true;
        try {
          const keys = isFolder ? await keysBelow(session.credentials, key) : [key];
          for (const one of keys) await removeFile(session.credentials, one);
          announce(t.removed(name));
        } catch (error) {
          showProblem(error);
        }
        close();
        await Promise.all([folder.reload(), cloud.refresh()]);
      };
      return [
        h("p", {}, isFolder ? t.removeFolderText : t.removeText),
        h(
          "div",
          { class: "row end" },
          button({ class: "soft", press: close }, t.cancel),
          button({ class: "danger", icon: "bin", press: (event) => void removing(event) }, t.removeIt),
        ),
      ];
    },
    "small",
  );
}

export function askForFolder({ session, folder }: GalleryOptions): void {
  const t = texts();
  openDialog(
    t.newFolder,
    ({ close }) => {
      const name = h("input", {
        id: "folder-name",
        required: true,
        maxlength: 100,
        pattern: "[^\\/]+",
        autocomplete: "off",
      });
      const form = h(
        "form",
        { method: "dialog" },
        h("label", { for: "folder-name" }, t.folderName),
        name,
        h(
          "div",
          { class: "row end" },
          button({ class: "soft", press: close }, t.cancel),
          h("button", { class: "primary" }, t.makeFolder),
        ),
      );
      const make = async (): Promise<void> => {
        try {
          await makeFolder(session.credentials, `${folder.state.value.prefix}${name.value.trim()}/`);
          await folder.reload();
        } catch (error) {
          showProblem(error);
        }
        close();
      };
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        void make();
      });
      return [form];
    },
    "small",
  );
}
