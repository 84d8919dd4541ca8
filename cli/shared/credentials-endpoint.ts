import { apiAddressOf } from "./cloud-keys.ts";
import { UsageError } from "./command.ts";

/**
 * The URL of `/credentials`; the path may be left out. An App token is as good as its user: it goes over TLS, or stays on
 * this machine. Throws UsageError, which names it `what`.
 */
export function credentialsEndpointFrom(what: string, address: string): string {
  if (!URL.canParse(address))
    throw new UsageError(
      `${JSON.stringify(address)} is not a URL; write the endpoint: https://sts.example.com/credentials`,
    );
  apiAddressOf(what, address);
  const url = new URL(address);
  const path = url.pathname.replace(/\/$/, "");
  return `${url.origin}${path.endsWith("/credentials") ? path : `${path}/credentials`}`;
}
