/**
 * The public entry of the sandbox, `oss-valet/sandbox`: a local Alibaba Cloud for the tests of any project. docs/sandbox-in-tests.md
 * shows how to use it.
 */
export type { SandboxClock } from "./clock.ts";
export type { FaultRule } from "./fault-rule.ts";
export type { Faults } from "./faults.ts";
export type { TokenIssuer } from "./idp/issuer.ts";
export {
  type Sandbox,
  type SandboxHttps,
  type SandboxOptions,
  type Service,
  startSandbox,
} from "./sandbox.ts";
export type { JournalEntry } from "./world.ts";
