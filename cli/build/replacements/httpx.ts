import { unused } from "./unused.ts";

/**
 * For httpx, the SDK's HTTP client. shared/adapters/aliyun-sts puts a `request` of its own into this object as
 * soon as it is loaded (the original's timers outlive a call), and reads bodies itself.
 */
export const replacement = { request: unused("httpx request"), read: unused("httpx read") };
