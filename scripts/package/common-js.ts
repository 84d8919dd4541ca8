import { readFile } from "node:fs/promises";
import { relative, sep } from "node:path";
import { build, type Plugin } from "esbuild";

/** The sandbox as one CommonJS file, for jest and for Node.js programs that `require` it. It lies beside sandbox/index.js. */
export async function commonJsSandbox(root: string): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ["sandbox/index.ts"],
    bundle: true,
    format: "cjs",
    platform: "node",
    target: "node20",
    packages: "external",
    charset: "utf8",
    plugins: [ownAddress(root)],
    write: false,
    logLevel: "silent",
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error("esbuild made nothing of sandbox/index.ts");
  return file.text;
}

/** `import.meta.url`, which CommonJS lacks, as the address that the module has in the package. */
function ownAddress(root: string): Plugin {
  return {
    name: "own-address",
    setup(build) {
      build.onLoad({ filter: /[\\/]sandbox[\\/].*\.ts$/ }, async ({ path }) => {
        const text = await readFile(path, "utf8");
        const fromHere = relative(`${root}/sandbox`, path).replaceAll(sep, "/").replace(/\.ts$/, ".js");
        const address = `require("node:url").pathToFileURL(require("node:path").join(__dirname, ${JSON.stringify(fromHere)})).href`;
        return { contents: text.replaceAll("import.meta.url", address), loader: "ts" };
      });
    },
  };
}
