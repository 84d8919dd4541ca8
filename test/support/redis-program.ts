import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";

/**
 * What a program writes, which has `redisStore` and a Node of its own. Rejects when the program fails. Bundled, as
 * deployed: a process that compiles TypeScript first takes seconds on a busy machine.
 */
export async function outputWithRedisStore(program: string, environment: NodeJS.ProcessEnv = {}) {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { redisStore } from "./shared/adapters/redis-store.ts";\n(async () => {${program}})();`,
      resolveDir: join(import.meta.dirname, "../.."),
      loader: "ts",
    },
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    write: false,
  });
  const child = promisify(execFile)(process.execPath, ["-"], { env: { ...process.env, ...environment } });
  child.child.stdin?.end(outputFiles[0]?.contents);
  return child;
}
