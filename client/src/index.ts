export type { ErrorCode, Permission } from "../../shared/wire.ts";
export type { Fetch } from "./credentials/ask-valet.ts";
export {
  type AppCredentials,
  type CredentialsOptions,
  createCredentials,
} from "./credentials/create-credentials.ts";
export type { CredentialsStorage } from "./credentials/storage.ts";
export type { Explanation, ExplanationTexts } from "./explain/english.ts";
export { type ExplainedError, explainOssError } from "./explain/explain-oss-error.ts";
export type { Credentials, Grant, LiveCredentials } from "./live-credentials.ts";
export { type ClientErrorCode, type ErrorSource, ValetError, type ValetErrorFacts } from "./valet-error.ts";
