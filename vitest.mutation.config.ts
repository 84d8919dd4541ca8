import { defineConfig } from "vitest/config";

/** The tests that Stryker runs for each change of the code: fast ones, without processes. */
export default defineConfig({
  test: {
    include: [
      "test/unit/{adapters,domain,functions,sandbox}/**/*.test.ts",
      "test/attack/*.test.ts",
      "test/vectors/{acs3,oss-signature,rpc-signature}.test.ts",
      "test/sandbox/{oss-authentication,oss-presigned,ram-api,sts-gateway}.test.ts",
    ],
    testTimeout: 20_000,
    restoreMocks: true,
    unstubEnvs: true,
  },
});
