import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { build } from "esbuild";
import { instrumented } from "./instrument.ts";

export interface Bundle {
  /** A module for a worker thread: see worker.ts. */
  readonly file: string;
  readonly blocks: number;
  readonly words: readonly string[];
}

const root = join(import.meta.dirname, "../../..");

/**
 * Bundles a target with everything of ours that it imports, and instruments the files under `covers`. Packages stay
 * outside.
 */
export async function bundleOf(target: string, covers: readonly string[]): Promise<Bundle> {
  const file = join(root, "node_modules/.cache/fuzz", `${target}.mjs`);
  mkdirSync(dirname(file), { recursive: true });
  let blocks = 0;
  const words = new Set<string>();
  await build({
    stdin: {
      contents: [
        `import "./engine/worker-start.ts";`,
        `import { target } from "./targets/${target}.ts";`,
        `import { work } from "./engine/worker.ts";`,
        `await work(target);`,
      ].join("\n"),
      resolveDir: join(root, "test/fuzz"),
    },
    outfile: file,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    logLevel: "error",
    plugins: [
      {
        name: "probes",
        setup: ({ onLoad }) => {
          // One after another: the counters are numbered in the order of the files.
          onLoad({ filter: /\.ts$/ }, ({ path }) => {
            const ours = relative(root, path).replaceAll("\\", "/");
            const source = readFileSync(path, "utf8")
              .replaceAll("import.meta.dirname", JSON.stringify(dirname(path)))
              .replaceAll("import.meta.filename", JSON.stringify(path));
            if (!covers.some((beginning) => ours.startsWith(beginning)))
              return { contents: source, loader: "ts" };
            const { code, nextBlock, words: own } = instrumented(source, ours, blocks);
            blocks = nextBlock;
            for (const word of own) words.add(word);
            return { contents: code, loader: "js" };
          });
        },
      },
    ],
  });
  return { file, blocks, words: [...words] };
}
