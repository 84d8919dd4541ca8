import { button } from "./page/button.ts";
import { fill, h } from "./page/dom.ts";
import { icon } from "./page/icons.ts";
import { switchTheme, theme } from "./page/theme.ts";
import { chooseLanguage, type Language, language, texts } from "./texts/language.ts";
import { avatar } from "./welcome.ts";

interface BarOptions {
  readonly user: string | undefined;
  readonly leave: () => Promise<void>;
  readonly signal: AbortSignal;
}

/** Name of the App, language, theme, and who is signed in. */
export function showBar(bar: HTMLElement, { user, leave, signal }: BarOptions): void {
  const focused = document.activeElement?.id ?? "";
  const dark = button({
    id: "theme",
    class: "plain",
    label: texts().darkMode,
    press: switchTheme,
  });
  theme.follow((value) => {
    dark.setAttribute("aria-pressed", String(value === "dark"));
    fill(dark, icon(value === "dark" ? "sun" : "moon"));
  }, signal);
  fill(
    bar,
    h(
      "a",
      { class: "brand", href: "#", "aria-label": texts().title },
      h("img", { src: "icon.svg", alt: "", width: 30, height: 30 }),
      h("span", {}, texts().title),
    ),
    h(
      "div",
      { class: "bar-tools" },
      h(
        "div",
        { class: "languages", role: "group", "aria-label": texts().language },
        languageButton("en", "EN"),
        languageButton("zh", "中文"),
      ),
      dark,
      user !== undefined &&
        h(
          "div",
          { class: "who" },
          avatar(user),
          h("span", { class: "who-name" }, user),
          button({
            id: "sign-out",
            class: "plain",
            icon: "leave",
            label: texts().signOut,
            press: () => void leave(),
          }),
        ),
    ),
  );
  // The bar is made anew when the language changes: the button that did it keeps the focus.
  if (focused !== "") document.getElementById(focused)?.focus();
}

function languageButton(to: Language, label: string): HTMLButtonElement {
  const made = button({ id: `language-${to}`, press: () => chooseLanguage(to) }, label);
  made.setAttribute("aria-pressed", String(language.value === to));
  made.lang = to === "zh" ? "zh-CN" : "en";
  return made;
}
