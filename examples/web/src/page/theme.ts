import { type Cell, cell } from "./cell.ts";
import { remember, remembered } from "./memory.ts";

export type Theme = "light" | "dark";

const KEY = "theme";

/** As chosen here, or else as the device is set. */
export const theme: Cell<Theme> = cell(themeAtFirst());

export function switchTheme(): void {
  const next = theme.value === "dark" ? "light" : "dark";
  remember(KEY, next);
  theme.set(next);
}

/** Shows the theme, and follows the device as long as nothing is chosen here. */
export function applyTheme(signal: AbortSignal): void {
  theme.follow((value) => {
    document.documentElement.dataset["theme"] = value;
  }, signal);
  const device = matchMedia("(prefers-color-scheme: dark)");
  const follow = (): void => {
    if (remembered(KEY) === undefined) theme.set(device.matches ? "dark" : "light");
  };
  device.addEventListener("change", follow, { signal });
}

function themeAtFirst(): Theme {
  const chosen = remembered(KEY);
  if (chosen === "light" || chosen === "dark") return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}
