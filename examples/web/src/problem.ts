import { explainOssError } from "oss-valet-client";
import { zh } from "oss-valet-client/zh";
import { button } from "./page/button.ts";
import { byId, fill, h } from "./page/dom.ts";
import { icon } from "./page/icons.ts";
import { language, texts } from "./texts/language.ts";

/** Cause and fix of an error, in the language of the page. */
export function explained(error: unknown): ReturnType<typeof explainOssError> {
  return language.value === "zh" ? explainOssError(error, zh) : explainOssError(error);
}

/** Says at the top of the page what went wrong, and what to do. */
export function showProblem(error: unknown): void {
  const place = byId("problem");
  fill(
    place,
    h(
      "div",
      { class: "problem" },
      icon("warning"),
      explanation(error),
      button({ class: "plain", icon: "close", label: texts().close, press: () => fill(place) }),
    ),
  );
  place.scrollIntoView({ block: "nearest" });
}

/** What is wrong, what to do, and what the person who helps needs: code and request id. */
export function explanation(error: unknown): HTMLElement {
  const { code, ec, cause, fix, requestId } = explained(error);
  const status = (error as { readonly status?: number }).status;
  const facts = [code, status, ec, requestId].filter((fact) => fact !== undefined);
  return h(
    "div",
    { class: "explanation" },
    h("strong", {}, ...withCode(cause)),
    h("p", {}, ...withCode(fix)),
    h("code", {}, facts.join(" · ")),
  );
}

/** The explanations write names of the API between backticks. */
function withCode(text: string): readonly (HTMLElement | string)[] {
  return text.split("`").map((piece, at) => (at % 2 === 1 ? h("code", {}, piece) : piece));
}
