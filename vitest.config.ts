import { defineConfig } from "vitest/config";
import { plantingPlugin } from "./scripts/planted/plugin.ts";

/** scripts/planted.ts plants one security bug at a time. */
const planted = process.env["PLANTED"];

export default defineConfig({
  plugins: planted === undefined ? [] : [plantingPlugin(import.meta.dirname, JSON.parse(planted))],
  test: {
    include: ["test/**/*.test.ts"],
    reporters: ["default", "./test/support/plain-summary.ts"],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    restoreMocks: true,
    unstubEnvs: true,
  },
});
