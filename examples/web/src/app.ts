import { showBar } from "./bar.ts";
import { readConfig } from "./config.ts";
import { showDesk } from "./desk.ts";
import { cell } from "./page/cell.ts";
import { byId, fill } from "./page/dom.ts";
import { applyTheme } from "./page/theme.ts";
import { showProblem } from "./problem.ts";
import { type Session, signIn } from "./session.ts";
import { language, texts } from "./texts/language.ts";
import { showWelcome } from "./welcome.ts";

/** Where a reload finds who was signed in: a name, as a login's own cookie would be. Never a token, never a key. */
const USER = "user";

const whole = new AbortController().signal;
applyTheme(whole);

const session = cell<Session | undefined>(undefined);
const config = await readConfig();

/** Ends what the present view follows. */
let view = new AbortController();

language.follow(show, whole);
session.follow(show, whole);

const user = sessionStorage.getItem(USER);
if (user !== null) await enter(user).catch(showProblem);

/** Signs in and shows the user's folder. Throws what the login or the function answers. */
async function enter(name: string): Promise<void> {
  session.set(await signIn(name, config, showProblem));
  sessionStorage.setItem(USER, name);
  byId("main").focus({ preventScroll: true });
  scrollTo(0, 0);
}

async function leave(): Promise<void> {
  const left = session.value;
  sessionStorage.removeItem(USER);
  location.hash = "";
  session.set(undefined);
  await left?.signOut();
}

function show(): void {
  view.abort();
  view = new AbortController();
  document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en";
  document.title = texts().title;
  fill(byId("problem"));
  showBar(byId("bar"), { user: session.value?.user, leave, signal: view.signal });
  const main = byId("main");
  if (session.value === undefined) showWelcome(main, enter);
  else showDesk(main, session.value, view.signal);
}
