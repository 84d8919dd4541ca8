import type { CallerSource } from "./caller-settings.ts";
import { looksLikeKey, quoted, type Refuse, type Setting, type Settings, shown } from "./settings.ts";

/** How a function listens, and which pages may read its answers. */
export interface HttpSettings {
  readonly allowedOrigins: readonly string[];
  /** Whether Function Compute runs us. */
  readonly inFunctionCompute: boolean;
  readonly host: string;
  readonly port: number;
}

export const HTTP_SETTINGS: readonly Setting[] = [
  { name: "ALLOWED_ORIGINS", needed: false },
  { name: "HOST", needed: false },
  { name: "PORT", needed: false },
  { name: "FC_SERVER_PORT", needed: false },
];

/** Reads {@link HTTP_SETTINGS}. */
export function httpSettingsFrom({ read, refuse }: Settings, callerSource: CallerSource): HttpSettings {
  // The handler of nodejs20 has no port, and nobody would notice that the metrics are missing.
  if (callerSource === "fc-context" && read("METRICS_PORT") !== undefined)
    refuse("METRICS_PORT", "works in server.js only", "delete it");
  const inFunctionCompute = read("FC_FUNCTION_NAME") !== undefined;
  return {
    allowedOrigins: originsFrom(read("ALLOWED_ORIGINS"), refuse),
    inFunctionCompute,
    host: read("HOST") ?? (inFunctionCompute ? "0.0.0.0" : "127.0.0.1"),
    port: portFrom(read("PORT") === undefined ? "FC_SERVER_PORT" : "PORT", read, refuse),
  };
}

function originsFrom(value: string | undefined, refuse: Refuse): readonly string[] {
  const where = "ALLOWED_ORIGINS";
  const origins = (value ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  for (const origin of origins) {
    // Apps in a WebView have origins such as capacitor://localhost and ionic://localhost.
    if (origin === "*" || /^(?!https?:)[a-z][a-z0-9+.-]*:\/\/[a-z0-9.-]+(:\d+)?$/.test(origin)) continue;
    const part = origin.includes("@") ? "a part with an @" : shown(origin);
    const is = `has ${part}, which is not an origin`;
    if (/[\s;]/.test(origin)) {
      refuse(where, is, "separate origins by commas");
      continue;
    }
    const parsed = URL.canParse(origin) ? new URL(origin).origin : "null";
    // "null" is the origin of every sandboxed frame. A wildcard inside an origin would match nothing.
    if (parsed !== origin || parsed === "null" || origin.includes("*")) {
      const usable = parsed !== "null" && !origin.includes("*") && !looksLikeKey(origin);
      refuse(where, is, `write ${usable ? parsed : "https://app.example.com"}`);
    }
  }
  if (origins.includes("*") && origins.length > 1)
    refuse(where, "has * and other origins", "write * alone, or delete it");
  return origins;
}

function portFrom(
  where: "PORT" | "FC_SERVER_PORT",
  read: (name: string) => string | undefined,
  refuse: Refuse,
): number {
  const value = read(where) ?? "9000";
  const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
  if (!(port <= 65_535)) refuse(where, quoted(value), "write a port number from 0 to 65535");
  return port;
}
