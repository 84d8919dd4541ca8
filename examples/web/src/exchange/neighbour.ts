import { listFolder } from "../files/store.ts";
import { fill, h } from "../page/dom.ts";
import { explanation } from "../problem.ts";
import { texts } from "../texts/language.ts";
import type { ExchangeOptions } from "./panel.ts";

/** Tries the folder of somebody else, and explains the refusal. */
export function showNeighbour(place: HTMLElement, { session, cloud, signal }: ExchangeOptions): void {
  const t = texts();
  const other = session.user === "bob" ? "alice" : "bob";
  const prefix = h("input", {
    id: "neighbour",
    value: session.home.replace(session.user, other),
    required: true,
    spellcheck: "false",
    autocomplete: "off",
  });
  const answer = h("div", { class: "neighbour-answer", role: "status" });
  const form = h(
    "form",
    {},
    h("label", { for: "neighbour", class: "hint" }, t.neighbourText),
    h("div", { class: "row" }, prefix, h("button", { class: "soft" }, t.tryIt)),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void attempt(prefix.value);
  });
  fill(place, form, answer);

  async function attempt(asked: string): Promise<void> {
    fill(answer);
    try {
      const { files, folders } = await listFolder(session.credentials, asked);
      fill(answer, h("p", { class: "open-answer" }, t.neighbourOpen(files.length + folders.length)));
    } catch (error) {
      const { requestId } = error as { readonly requestId?: string };
      const because = h("p", { class: "because", hidden: true });
      fill(answer, h("div", { class: "problem" }, explanation(error)), because);
      await cloud.refresh();
      const call = cloud.facts.value?.calls.find((one) => one.requestId === requestId);
      if (signal.aborted || call?.because === undefined) return;
      because.hidden = false;
      fill(because, h("b", {}, t.because), ` ${call.because}`);
    }
  }
}
