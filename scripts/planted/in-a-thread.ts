/**
 * Test files that change nothing of their process get a thread: it starts with 0.2 s of CPU less than a process (0.45 s
 * and 0.65 s for test/unit/domain/grant/access-grant.test.ts, on a busy machine). All others run as `npm test` runs them.
 */
export const IN_A_THREAD = /\/test\/(attack|unit\/(adapters|domain|functions))\//;
