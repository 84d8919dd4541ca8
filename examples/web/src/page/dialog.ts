import { texts } from "../texts/language.ts";
import { button } from "./button.ts";
import { byId, type Child, h } from "./dom.ts";

export interface OpenDialog {
  readonly element: HTMLDialogElement;
  /** Aborts when the dialog is closed. */
  readonly closed: AbortSignal;
  close(): void;
}

let count = 0;

/**
 * Opens a modal dialog. Escape, its cross and a click beside it close it; the browser keeps the focus inside, and gives it
 * back afterwards.
 */
export function openDialog(
  title: string,
  content: (dialog: OpenDialog) => readonly Child[],
  kind = "",
): OpenDialog {
  count += 1;
  const id = `dialog-${count}`;
  const element = h("dialog", { class: `dialog ${kind}`, "aria-labelledby": id });
  const aborter = new AbortController();
  const dialog = { element, closed: aborter.signal, close: () => element.close() };
  element.append(
    h(
      "header",
      {},
      h("h2", { id }, title),
      button({ class: "plain", icon: "close", label: texts().close, press: dialog.close }),
    ),
    ...(content(dialog).filter(Boolean) as Node[]),
  );
  element.addEventListener("close", () => {
    aborter.abort();
    element.remove();
  });
  element.addEventListener("click", (event) => {
    if (event.target === element) element.close();
  });
  byId("dialogs").append(element);
  element.showModal();
  return dialog;
}
