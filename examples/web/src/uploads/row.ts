import { button } from "../page/button.ts";
import { fill, h } from "../page/dom.ts";
import { nameOf, sizeText } from "../page/format.ts";
import { icon } from "../page/icons.ts";
import { explanation } from "../problem.ts";
import { texts } from "../texts/language.ts";
import type { Upload, Uploads } from "./uploads.ts";

/** Milliseconds that a finished upload stays in sight. */
const DONE_MS = 4000;

/** A file on its way: how far it is, and the buttons that stop it and let it go on. */
export function uploadRow(one: Upload, uploads: Uploads, signal: AbortSignal): HTMLElement {
  const t = texts();
  const { task, key, size } = one;
  const name = nameOf(key);
  const bar = h("progress", { max: 1, value: 0, "aria-label": t.progressOf(name) });
  const facts = h("span", { class: "hint" });
  const state = h("span", { class: "unseen", role: "status" });
  const problem = h("div", { class: "row-problem" });
  const pause = button({
    class: "plain",
    press: () => (task.state === "running" ? task.pause() : task.resume()),
  });
  const stop = button({
    class: "plain",
    icon: "close",
    press: () => (isOver() ? uploads.dismiss(one) : void uploads.cancel(one)),
  });
  const sign = h("span", { class: "row-sign" });
  const row = h(
    "li",
    { class: "row-upload" },
    sign,
    h("div", { class: "row-facts" }, h("b", {}, name), facts, bar, problem, state),
    pause,
    stop,
  );
  let shown = "";
  const isOver = (): boolean => task.state !== "running" && task.state !== "paused";

  const show = (): void => {
    const { loaded, total } = task.progress;
    const share = total === 0 ? Number(task.state === "done") : loaded / total;
    bar.value = share;
    facts.textContent = `${Math.floor(share * 100)} % · ${t.bytesOf(sizeText(loaded), sizeText(size))}${speed()}`;
    if (shown === task.state) return;
    shown = task.state;
    row.dataset["state"] = task.state;
    state.textContent = t.uploadStates[task.state](name);
    fill(sign, icon(task.state === "done" ? "check" : task.state === "failed" ? "warning" : "upload"));
    label(
      pause,
      task.state === "running" ? t.pause(name) : t.resume(name),
      task.state === "running" ? "pause" : "play",
    );
    pause.hidden = task.state === "done" || task.state === "aborted";
    label(stop, isOver() ? t.forget(name) : t.cancelUpload(name), "close");
    fill(problem, task.state === "failed" && explanation(task.error));
    if (task.state === "done") setTimeout(() => uploads.dismiss(one), DONE_MS);
  };
  const speed = (): string => {
    const seconds = (Date.now() - one.startedMs) / 1000;
    const rate = task.progress.loaded / seconds;
    return task.state === "running" && seconds > 1 && rate > 0 ? ` · ${sizeText(rate)}/s` : "";
  };
  signal.addEventListener("abort", task.onChange(show));
  show();
  return row;
}

function label(made: HTMLButtonElement, text: string, picture: "pause" | "play" | "close"): void {
  made.setAttribute("aria-label", text);
  made.title = text;
  fill(made, icon(picture));
}
