import { apiAddressOf } from "./cloud-keys.ts";
import { UsageError } from "./command.ts";

/**
 * The URL of `/credentials`; the path may be left out. An App token is as good as its user: it goes over TLS, or stays on
 * this machine. Throws UsageError, which names it `what`.
 */
export function credentialsEndpointFrom(what: string, address: string): string {
  return endpointAt("credentials", what, address);
}

/** The same for any of the functions' paths. */
export function endpointAt(route: "credentials" | "uploads", what: string, address: string): string {
  if (!URL.canParse(address))
    throw new UsageError(
      `${JSON.stringify(address)} is not a URL; write the endpoint: https://sts.example.com/${route}`,
    );
  apiAddressOf(what, address);
  const url = new URL(address);
  const path = url.pathname.replace(/\/$/, "");
  return `${url.origin}${path.endsWith(`/${route}`) ? path : `${path}/${route}`}`;
}
