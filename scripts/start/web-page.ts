import { readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import type { CorsRule } from "../../sandbox/world.ts";

/** Where the page finds the rest; it fetches them as `config.json`. */
export interface WebPageConfig {
  readonly credentialsUrl: string;
  /** Where a `sub` is exchanged for an App token: the local issuer's toy login. */
  readonly loginUrl: string;
  /** The `aud` that the function wants; null: it does not look. */
  readonly audience: string | null;
  /** For ali-oss, beside what /credentials answers with; nothing but for a local OSS. */
  readonly ossOptions: Readonly<Record<string, unknown>>;
}

const FOLDER = join(import.meta.dirname, "../../examples/web");
const SDK = join(
  dirname(createRequire(import.meta.url).resolve("ali-oss/package.json")),
  "dist/aliyun-oss-sdk.min.js",
);

/** By name, so that no path out of the folder can be asked for. */
const FILES: Readonly<Record<string, string>> = {
  "/": join(FOLDER, "index.html"),
  "/aliyun-oss-sdk.min.js": SDK,
  ...Object.fromEntries(
    ["app.js", "credentials.js", "oss.js", "problems.js", "style.css", "icon.svg"].map((name) => [
      `/${name}`,
      join(FOLDER, name),
    ]),
  ),
};

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** What a bucket's CORS rule must let a page do that works with ali-oss. docs/recipes/browser.md has it as XML. */
export function corsRuleFor(allowedOrigins: readonly string[]): CorsRule {
  return {
    allowedOrigins,
    // POST begins and ends an upload in parts.
    allowedMethods: ["GET", "PUT", "POST", "DELETE", "HEAD"],
    allowedHeaders: ["*"],
    // Without ETag, ali-oss cannot complete an upload in parts.
    exposeHeaders: ["ETag", "x-oss-request-id"],
    maxAgeSeconds: 600,
  };
}

/**
 * Serves the example page of examples/web with its configuration. `connectTo`: the origins that its scripts may talk
 * to, as a Content-Security-Policy has them. Files are read anew each time, so that a reload shows a change.
 */
export function webPage(config: WebPageConfig, connectTo: readonly string[]): RequestListener {
  const policy = [
    "default-src 'self'",
    `connect-src 'self' ${connectTo.join(" ")}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
  return (request, response) => {
    request.resume();
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    const file = Object.hasOwn(FILES, path) ? FILES[path] : undefined;
    if (file === undefined && path !== "/config.json") {
      response.writeHead(404, { "Content-Type": "text/plain" }).end("Nothing here.\n");
      return;
    }
    response.writeHead(200, {
      "Content-Type": file === undefined ? "application/json" : (TYPES[extname(file)] ?? "text/plain"),
      "Cache-Control": "no-store",
      "Content-Security-Policy": policy,
      "X-Content-Type-Options": "nosniff",
    });
    response.end(file === undefined ? JSON.stringify(config) : readFileSync(file));
  };
}
