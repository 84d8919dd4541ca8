import { h } from "../page/dom.ts";
import { icon } from "../page/icons.ts";
import type { Session } from "../session.ts";
import { texts } from "../texts/language.ts";
import { addressOf } from "./folder.ts";

/** The way from the user's own folder to this one. A folder outside is shown as it is. */
export function breadcrumbs(prefix: string, session: Session): HTMLElement {
  const inside = prefix.startsWith(session.home);
  const steps = inside ? prefix.slice(session.home.length).split("/").filter(Boolean) : [prefix];
  const crumb = (label: string, to: string, here: boolean): HTMLElement =>
    h("li", {}, h("a", { href: addressOf(to, session), "aria-current": here && "page" }, label));
  let to = session.home;
  const home = h(
    "li",
    {},
    h("a", { href: "#", "aria-current": prefix === session.home && "page" }, icon("folder"), texts().myFiles),
  );
  return h(
    "ol",
    {},
    home,
    ...steps.map((step, at) => {
      to = inside ? `${to}${step}/` : prefix;
      return crumb(step, to, at === steps.length - 1);
    }),
  );
}
