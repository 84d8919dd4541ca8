import type { Terminal } from "./terminal.ts";

/** Keys that a command signs with. */
export interface AccessKeys {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** Absent for a long-lived key. Never an empty string. */
  readonly securityToken?: string;
}

/** Where an API is, as the SDKs want it. */
export interface ApiAddress {
  /** host[:port] */
  readonly endpoint: string;
  readonly protocol: "https" | "http";
}

/**
 * The operator's keys: `ALIBABA_CLOUD_ACCESS_KEY_ID` and so on, or with another beginning, such as `CALLER`.
 * undefined where id or secret is missing or empty.
 */
export function accessKeysFrom(
  environment: Terminal["environment"],
  beginning = "ALIBABA_CLOUD",
): AccessKeys | undefined {
  const accessKeyId = environment[`${beginning}_ACCESS_KEY_ID`]?.trim();
  const accessKeySecret = environment[`${beginning}_ACCESS_KEY_SECRET`]?.trim();
  const securityToken = environment[`${beginning}_SECURITY_TOKEN`]?.trim();
  if (!accessKeyId || !accessKeySecret) return undefined;
  return { accessKeyId, accessKeySecret, ...(securityToken ? { securityToken } : {}) };
}

/** undefined for what is no address, and for http:// to any host but this machine: keys would pass in the clear. */
export function apiAddressFrom(address: string): ApiAddress | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (
    url === undefined ||
    !(url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname)))
  )
    return undefined;
  return { endpoint: url.host, protocol: url.protocol === "http:" ? "http" : "https" };
}

export function isLoopback(host: string): boolean {
  return ["127.0.0.1", "localhost", "[::1]"].includes(host);
}
