import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const ROOT = join(import.meta.dirname, "../..");

export const BROWSER_RECIPE = readFileSync(join(ROOT, "docs/recipes/browser.md"), "utf8");

/** The blocks of this language in docs/recipes/browser.md, in their order. */
export function recipeBlocks(language: string): readonly string[] {
  return [...BROWSER_RECIPE.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, "gm"))].map(
    ([, block = ""]) => block,
  );
}

/**
 * All of the recipe's JavaScript as one module, bundled for a page. It takes `login`, `file`, `bar` and `problem` from the
 * page's globals, and leaves what it made there.
 */
export async function recipeProgram(credentialsUrl: string): Promise<string> {
  const program = recipeBlocks("js")
    .join("\n")
    .replace(`"https://valet.example.com/credentials"`, JSON.stringify(credentialsUrl));
  const { outputFiles } = await build({
    stdin: {
      contents: `${program}\nObject.assign(globalThis, { made: { objects, link } });`,
      resolveDir: ROOT,
    },
    alias: {
      "oss-valet-client/ali-oss": join(ROOT, "client/src/ali-oss.ts"),
      "oss-valet-client": join(ROOT, "client/src/index.ts"),
      "ali-oss": join(ROOT, "node_modules/ali-oss/dist/aliyun-oss-sdk.js"),
    },
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}
