import { isSecure } from "../../shared/domain/secure-address.ts";
import { type Terminal, UsageError } from "./command.ts";

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

/** What is wrong where keys are set by half, which would pass for none; undefined: nothing. */
export function halfOfKeys(environment: Terminal["environment"], beginning: string): string | undefined {
  const names = [`${beginning}_ACCESS_KEY_ID`, `${beginning}_ACCESS_KEY_SECRET`];
  const missing = names.filter((name) => !environment[name]?.trim());
  return missing.length === 1
    ? `${names.filter((name) => !missing.includes(name)).join("")} is set, but ${missing.join("")} is not`
    : undefined;
}

/** undefined when it is not a URL, or is http:// to another machine: keys would travel unencrypted. */
export function apiAddressFrom(address: string): ApiAddress | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !isSecure(url)) return undefined;
  return { endpoint: url.host, protocol: url.protocol === "http:" ? "http" : "https" };
}

/** {@link apiAddressFrom} for what an option or a setting says. Throws UsageError, which names it. */
export function apiAddressOf(name: string, address: string): ApiAddress {
  const read = apiAddressFrom(address);
  if (read === undefined)
    throw new UsageError(`${name}: write https:// and a host (http:// only for a loopback address)`);
  return read;
}
