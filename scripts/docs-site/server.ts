import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
};

/** A built site on 127.0.0.1. */
export interface SiteServer {
  /** With the base: `http://127.0.0.1:4173/docs/`. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Serves `folder` below `base`. `port` 0: any free port. Rejects when the port is taken. */
export async function startSiteServer(
  folder: string,
  { port, base }: { readonly port: number; readonly base: string },
): Promise<SiteServer> {
  const server = createServer(({ url = "/" }, response) => {
    void answerFor(folder, fileFor(url, base)).then(({ status, type, content }) =>
      response.writeHead(status, { "content-type": type }).end(content),
    );
  });
  await listening(server, port);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${base}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The file; where there is none, the site's page that says so. */
async function answerFor(folder: string, file: string | undefined) {
  const content = file === undefined ? undefined : await readFile(join(folder, file)).catch(() => undefined);
  if (file !== undefined && content !== undefined)
    return { status: 200, type: TYPES[extname(file)] ?? "application/octet-stream", content };
  const notFound = await readFile(join(folder, "404.html")).catch(() => "not found");
  return { status: 404, type: "text/html; charset=utf-8", content: notFound };
}

/** The path below the folder; undefined outside of `base`. A folder's page is its index.html. */
function fileFor(url: string, base: string): string | undefined {
  const { pathname } = new URL(url, "http://site");
  if (!pathname.startsWith(base)) return undefined;
  let path: string;
  try {
    path = normalize(decodeURIComponent(pathname.slice(base.length)));
  } catch {
    return undefined;
  }
  if (path.startsWith("..") || path.includes("\0")) return undefined;
  return path === "." || path.endsWith("/") ? join(path, "index.html") : path;
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
}
