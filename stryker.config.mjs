/**
 * `npm run mutation` changes each condition, operator, block and call of the security code, one at a time, and runs
 * the tests that cover it. docs/testing.md says how to read what it reports.
 */
export default {
  testRunner: "vitest",
  plugins: ["@stryker-mutator/vitest-runner"],
  vitest: { configFile: "vitest.mutation.config.ts" },
  coverageAnalysis: "perTest",
  mutate: [
    "functions/**/*.ts",
    "shared/domain/**/*.ts",
    "shared/adapters/**/*.ts",
    "sandbox/ram/authorization.ts",
    "sandbox/ram/conditions.ts",
    "sandbox/ram/evaluate.ts",
    "sandbox/ram/match.ts",
    "sandbox/ram/policy-document.ts",
    "sandbox/sts/acs3-signature.ts",
    "sandbox/sts/constant-time.ts",
    "sandbox/sts/percent-encoding.ts",
    "sandbox/sts/rpc-authentication.ts",
    "sandbox/sts/rpc-signature.ts",
    "sandbox/sts/security-token.ts",
    "sandbox/sts/seen-nonces.ts",
    "sandbox/oss/authentication.ts",
    "sandbox/oss/proof.ts",
    "sandbox/oss/signature-v1.ts",
    "sandbox/oss/signature-v4.ts",
  ],
  // Most texts are sentences for people. No test should hold each word of a sentence.
  mutator: { excludedMutations: ["StringLiteral"] },
  // A change of a constant at the top of a file needs all tests, each time. test/planted has the ones that matter.
  ignoreStatic: true,
  // vitest runs TypeScript without looking at its types.
  disableTypeChecks: false,
  concurrency: 2,
  timeoutMS: 10_000,
  incremental: true,
  incrementalFile: "reports/mutation/incremental.json",
  reporters: ["clear-text", "html", "json"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  htmlReporter: { fileName: "reports/mutation/index.html" },
  jsonReporter: { fileName: "reports/mutation/report.json" },
  tempDirName: ".stryker-tmp",
  allowEmpty: true,
};
