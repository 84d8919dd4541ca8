import { fill, h } from "./page/dom.ts";
import { icon } from "./page/icons.ts";
import { showProblem } from "./problem.ts";
import { texts } from "./texts/language.ts";

/** The page before the sign-in: what will happen, and three ways to begin. */
export function showWelcome(main: HTMLElement, enter: (user: string) => Promise<void>): void {
  const t = texts();
  const form = h("form", { class: "welcome-form", "aria-label": t.signIn });
  const status = h("p", { class: "hint", role: "status" });
  const busy = async (name: string): Promise<void> => {
    form.inert = true;
    status.textContent = t.signingIn;
    try {
      await enter(name);
    } catch (error) {
      showProblem(error);
    }
    form.inert = false;
    status.textContent = "";
  };
  const known = (name: string): HTMLElement => {
    const made = h(
      "button",
      { type: "button", class: "person" },
      avatar(name),
      h("span", {}, h("b", {}, t.signInAs(name)), h("small", {}, `users/${name}/`)),
      icon("next"),
    );
    made.addEventListener("click", () => void busy(name));
    return made;
  };
  const name = h("input", {
    id: "name",
    required: true,
    maxlength: 64,
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
  });
  form.append(
    h("h2", {}, t.whoAreYou),
    known("alice"),
    known("bob"),
    h("label", { for: "name" }, t.anotherName),
    h("div", { class: "row" }, name, h("button", { class: "primary" }, t.signIn)),
    h("p", { class: "hint" }, t.toyLogin),
    status,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void busy(name.value.trim());
  });
  fill(
    main,
    h(
      "div",
      { class: "welcome" },
      h(
        "section",
        { class: "pitch" },
        h("h1", {}, t.headline),
        h("p", { class: "lead" }, t.lead),
        h(
          "ol",
          { class: "pitch-steps" },
          ...t.pitchSteps.map(([title, text], at) =>
            h(
              "li",
              {},
              icon((["shield", "key", "upload"] as const)[at] ?? "key"),
              h("div", {}, h("b", {}, title), h("p", {}, text)),
            ),
          ),
        ),
      ),
      form,
    ),
  );
}

/** The first letter of a name, on a colour of its own. */
export function avatar(name: string): HTMLElement {
  const hue = [...name].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 6, 0);
  return h("span", { class: `avatar hue-${hue}`, "aria-hidden": "true" }, [...name][0]?.toUpperCase());
}
