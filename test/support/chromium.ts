import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** The browser's program: CHROMIUM_PATH, or where Debian has it; undefined: there is none. */
export const CHROMIUM_PATH = [process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium"].find((path) =>
  existsSync(path),
);

/** Nothing but loopback: no names are looked up, and nothing of the browser's own calls home. */
const FLAGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost, EXCLUDE 127.0.0.1",
  // Chromium has no sandbox of its own for root, which is who runs tests in a container.
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
];

/** A headless Chromium with an empty profile. Close it. */
export function startChromium(): Promise<Browser> {
  if (CHROMIUM_PATH === undefined) throw new Error("no Chromium: set CHROMIUM_PATH");
  return chromium.launch({ executablePath: CHROMIUM_PATH, args: FLAGS });
}
