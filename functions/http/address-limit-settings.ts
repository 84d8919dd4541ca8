import { quoted, type Settings } from "./settings.ts";

/**
 * By which address refused tokens are counted. `peer`: of the connection, where it is public. `header`: of the header that
 * the proxy before the server sets.
 */
export type AddressLimit = "off" | "peer" | { readonly header: string };

/** Reads ADDRESS_LIMIT, which only the plain server has. */
export function addressLimitFrom({ read, refuse }: Settings): AddressLimit {
  const value = read("ADDRESS_LIMIT") ?? "peer";
  if (value === "off" || value === "peer") return value;
  // Every header that proxies write the caller's address into has a hyphen. Without this, a typo of `off` would be a header.
  if (!/^[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)+$/.test(value))
    refuse(
      "ADDRESS_LIMIT",
      quoted(value),
      "write peer, off, or the header that your proxy sets: X-Real-IP or X-Forwarded-For",
    );
  return { header: value };
}
