import { join } from "node:path";
import { defineConfig } from "vitest/config";

/** scripts/mutants.ts plants one security bug at a time, as the text is loaded: the files stay as they are. */
function plantedMutant() {
  const mutant =
    process.env["MUTANT"] === undefined
      ? undefined
      : (JSON.parse(process.env["MUTANT"]) as {
          readonly file: string;
          readonly find: string;
          readonly replace: string;
        });
  return {
    name: "planted-mutant",
    enforce: "pre" as const,
    transform(code: string, id: string) {
      if (mutant === undefined || id.split("?")[0] !== join(import.meta.dirname, mutant.file))
        return undefined;
      if (!code.includes(mutant.find))
        throw new Error(`mutant not planted: ${mutant.file} has no ${mutant.find}`);
      return { code: code.replace(mutant.find, () => mutant.replace), map: null };
    },
  };
}

export default defineConfig({
  plugins: [plantedMutant()],
  test: {
    include: ["test/**/*.test.ts"],
    reporters: ["default", "./test/support/plain-summary.ts"],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    restoreMocks: true,
    unstubEnvs: true,
  },
});
