import { type Child, h } from "./dom.ts";
import { type IconName, icon } from "./icons.ts";

export interface ButtonOptions {
  readonly class?: string;
  readonly icon?: IconName;
  /** For a button that shows a picture alone. */
  readonly label?: string;
  readonly id?: string;
  readonly press: (event: MouseEvent) => void;
}

export function button(options: ButtonOptions, ...children: readonly Child[]): HTMLButtonElement {
  const made = h(
    "button",
    {
      type: "button",
      class: options.class,
      id: options.id,
      "aria-label": options.label,
      title: options.label,
    },
    options.icon && icon(options.icon),
    ...children,
  );
  made.addEventListener("click", options.press);
  return made;
}
