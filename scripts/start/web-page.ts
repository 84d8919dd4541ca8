import { readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import type { CorsRule } from "../../sandbox/world.ts";

/** The addresses that the page needs. It fetches them as `config.json`. */
export interface WebPageConfig {
  readonly credentialsUrl: string;
  /** The local issuer's toy login, which gives an App token for a `sub`. */
  readonly loginUrl: string;
  /** The claim with the audience that the function requires; empty when it checks none. */
  readonly audienceClaims: Readonly<Record<string, string>>;
  /** The claim that names the user. */
  readonly userClaim: string;
  /** Options for ali-oss, in addition to the answer of /credentials. Only a local OSS needs any. */
  readonly ossOptions: Readonly<Record<string, unknown>>;
}

const FOLDER = join(import.meta.dirname, "../../examples/web");
const SDK = join(
  dirname(createRequire(import.meta.url).resolve("ali-oss/package.json")),
  "dist/aliyun-oss-sdk.min.js",
);

/** A fixed list of names, so that a request cannot reach a file outside the folder. */
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

/** The CORS rule that a bucket needs for a page that works with OSS. docs/recipes/browser.md has it as XML. */
export function corsRuleFor(allowedOrigins: readonly string[]): CorsRule {
  return {
    allowedOrigins,
    // POST starts and completes a multipart upload.
    allowedMethods: ["GET", "PUT", "POST", "DELETE", "HEAD"],
    allowedHeaders: ["*"],
    // Without ETag, no page can complete a multipart upload. With the checksum, oss-valet-client compares what OSS has.
    exposeHeaders: ["ETag", "x-oss-request-id", "x-oss-hash-crc64ecma"],
    maxAgeSeconds: 600,
  };
}

/**
 * Serves the example page of examples/web with its configuration. `connectTo` lists the origins that its scripts may
 * connect to (connect-src of the Content-Security-Policy). Files are read on each request, so that a reload shows changes.
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
      response.writeHead(404, { "Content-Type": "text/plain" }).end("Not found.\n");
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
