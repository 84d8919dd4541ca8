import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join } from "node:path";
import type { ServiceListener } from "../../sandbox/service-listener.ts";
import type { CorsRule } from "../../sandbox/world.ts";
import { isBundled, pageFile } from "./page-bundle.ts";
import { LOCAL_CLOUD, type LocalCloud, localCloudRoutes } from "./page-routes.ts";

/** The addresses that the page needs. It fetches them as `config.json`. */
export interface WebPageConfig {
  readonly credentialsUrl: string;
  /** The local issuer's toy login, which gives an App token for a `sub`. */
  readonly loginUrl: string;
  /** The claim with the audience that the function requires; empty when it checks none. */
  readonly audienceClaims: Readonly<Record<string, string>>;
  /** The claim that names the user. */
  readonly userClaim: string;
}

export interface WebPage {
  readonly config: WebPageConfig;
  /** The page's own origins. */
  readonly origins: readonly string[];
  /** Where its scripts may connect to: the function and the login. */
  readonly services: readonly string[];
  /** Where OSS is: scripts connect to it, and pictures, films and sounds come from it. */
  readonly oss: readonly string[];
  readonly cloud: LocalCloud;
}

const FOLDER = join(import.meta.dirname, "../../examples/web");

/** A fixed list of names, so that a request cannot reach a file outside the folder. */
const FILES: Readonly<Record<string, string>> = { "/": "index.html", "/icon.svg": "icon.svg" };

const TYPES: Readonly<Record<string, string>> = {
  "": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json; charset=utf-8",
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

/** Serves the demo App of examples/web, with its configuration and with the local cloud's part of the control API. */
export function webPage({ config, origins, services, oss, cloud }: WebPage): ServiceListener {
  const policy = [
    "default-src 'self'",
    `connect-src 'self' ${[...services, ...oss].join(" ")}`,
    `img-src 'self' ${oss.join(" ")}`,
    `media-src ${oss.join(" ")}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
  const localCloud = localCloudRoutes(cloud, origins);
  return async (request: IncomingMessage, response: ServerResponse) => {
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    if (path.startsWith(LOCAL_CLOUD)) return localCloud(request, response);
    request.resume();
    const content = path === "/config.json" ? JSON.stringify(config) : await contentOf(path);
    if (content === undefined) {
      response.writeHead(404, { "Content-Type": "text/plain" }).end("Not found.\n");
      return;
    }
    response.writeHead(200, {
      "Content-Type": TYPES[extname(path)],
      "Cache-Control": "no-store",
      "Content-Security-Policy": policy,
      "X-Content-Type-Options": "nosniff",
    });
    response.end(content);
  };
}

async function contentOf(path: string): Promise<Uint8Array | undefined> {
  if (isBundled(path)) return pageFile(path);
  const file = Object.hasOwn(FILES, path) ? FILES[path] : undefined;
  return file === undefined ? undefined : readFileSync(join(FOLDER, file));
}
