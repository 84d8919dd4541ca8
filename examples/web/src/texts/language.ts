import { type Cell, cell } from "../page/cell.ts";
import { remember, remembered } from "../page/memory.ts";
import { en, type Texts } from "./en.ts";
import { zh } from "./zh.ts";

export type Language = "en" | "zh";

const KEY = "language";

const TEXTS: Readonly<Record<Language, Texts>> = { en, zh };

/** As chosen here, or else as the browser is set. */
export const language: Cell<Language> = cell(languageAtFirst());

export function texts(): Texts {
  return TEXTS[language.value];
}

export function chooseLanguage(next: Language): void {
  remember(KEY, next);
  language.set(next);
}

function languageAtFirst(): Language {
  const chosen = remembered(KEY);
  if (chosen === "en" || chosen === "zh") return chosen;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}
