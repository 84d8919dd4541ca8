import { watch } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build, createServer } from "vitepress";
import { calledWrongly, optionsOrUsage } from "./command-line.ts";
import { FOLDERS } from "./docs-site/config.ts";
import { pagesIn } from "./docs-site/pages.ts";
import { startSiteServer } from "./docs-site/server.ts";
import { emptied, stage, stagedPages } from "./docs-site/stage.ts";

const ROOT = join(import.meta.dirname, "..");

/** Makes the site. Rejects when a page links to nothing. */
async function buildSite(outDir: string): Promise<void> {
  emptied(join(ROOT, FOLDERS.staged));
  arranged();
  await build(join(ROOT, "docs"), { outDir });
}

function arranged(): void {
  stage(ROOT, join(ROOT, FOLDERS.staged), stagedPages(ROOT, pagesIn(ROOT)));
}

/** Serves the pages and follows each change of a Markdown file, until the process ends. */
async function develop(port: number): Promise<void> {
  arranged();
  const server = await createServer(join(ROOT, "docs"), { host: "127.0.0.1", port });
  await server.listen();
  server.printUrls();
  for (const folder of [".", "docs", "client"])
    watch(join(ROOT, folder), { recursive: folder === "docs" }, (_event, name) => {
      if (name?.endsWith(".md")) arranged();
    });
}

const USAGE = `npm run docs                  makes the site of the docs in dist/site
npm run docs -- --preview     makes it, and serves it on 127.0.0.1
npm run docs -- --dev         serves it on 127.0.0.1, and follows each change of a page
  --out FOLDER  where the site is made; default: dist/site
  --port N      the port; default: 4173, 0 for any free one
  DOCS_BASE     the path below which a server has the site, such as /docs/; default: /`;

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const options = optionsOrUsage(
    {
      dev: { type: "boolean" },
      preview: { type: "boolean" },
      out: { type: "string", default: FOLDERS.built },
      port: { type: "string", default: "4173" },
    },
    USAGE,
  );
  const port = /^\d{1,5}$/.test(options.port)
    ? Number(options.port)
    : calledWrongly(`--port is "${options.port}"; write a number`, USAGE);
  const base = process.env["DOCS_BASE"] || "/";
  if (!/^\/([^\s?#]*\/)?$/.test(base))
    calledWrongly(`DOCS_BASE is "${base}"; write a path with a slash at each end, such as /docs/`, USAGE);
  const out = resolve(options.out);
  if (options.dev === true) await develop(port);
  else {
    await buildSite(out).catch((error: unknown) => {
      process.stderr.write(`The site was not made: ${(error as Error).message}\n`);
      process.exit(1);
    });
    if (options.preview === true) {
      const { url } = await startSiteServer(out, { port, base });
      process.stdout.write(`${url} (Ctrl-C stops it)\n`);
    }
  }
}
