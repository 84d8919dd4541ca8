import { invalid } from "../failure.ts";
import type { Credentials, LiveCredentials } from "../live-credentials.ts";
import type { LiveOptions } from "./options.ts";
import type { Sdk } from "./sdk.ts";

/** They sign at once, so that they cannot wait for new credentials. */
const AT_ONCE = ["calculatePostSignature", "signPostObjectPolicyV4", "getRtmpUrl"] as const;

/** Seconds. Source: ali-oss, signatureUrl. */
const DEFAULT_EXPIRES = 1800;

/**
 * Signed URLs have live keys and server time, and end with their credentials at the latest. Those that cannot wait use the
 * present ones, and throw InvalidArgument when these have ended.
 */
export function liveSignedUrls(sdk: Sdk, credentials: LiveCredentials, live: LiveOptions): void {
  const signatureUrl = sdk.signatureUrl.bind(sdk);

  /** Signature V1. ali-oss adds `expires` to the device's time in rounded seconds, and writes into `options`. */
  function urlV1(used: Credentials, name: string, options: object = {}, strict?: boolean): string {
    const { expires = DEFAULT_EXPIRES } = options as { readonly expires?: number };
    const endSeconds = Math.floor(Math.min(credentials.now() + expires * 1000, +used.expiresAt) / 1000);
    const seconds = endSeconds - Math.round(Date.now() / 1000);
    // Zero would be the default.
    return signatureUrl(name, { ...options, expires: seconds || -1 }, strict);
  }

  sdk.signatureUrl = (...args) => urlV1(present("signatureUrl"), ...args);

  sdk.asyncSignatureUrl = async (...args) => {
    const { bucket } = sdk.options;
    const used = await credentials.get();
    return live.during(used, bucket, () => urlV1(used, ...args));
  };

  sdk.signatureUrlV4 = async (method, expires, request, key, additionalHeaders) => {
    const { bucket = "" } = sdk.options;
    const used = await credentials.get();
    return live.during(used, bucket, () => {
      const nowMs = credentials.now();
      const headers = request?.headers ?? {};
      const date = { "x-oss-date": new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, "") };
      const sign = (queries: object) =>
        sdk.authorizationV4(method, { headers, queries }, bucket, key, additionalHeaders);
      // The first signature is only for what ali-oss makes of the date, the region and the headers.
      const [, scope, names] = /Credential=([^,]*),(?:AdditionalHeaders=([^,]*),)?/.exec(sign(date)) ?? [];
      const queries = {
        ...request?.queries,
        ...date,
        ...(names === undefined ? {} : { "x-oss-additional-headers": names }),
        "x-oss-credential": scope,
        "x-oss-expires": Math.min(expires, Math.floor((+used.expiresAt - nowMs) / 1000)),
        "x-oss-signature-version": "OSS4-HMAC-SHA256",
        "x-oss-security-token": used.securityToken,
      };
      const [, signature] = /Signature=(\w+)$/.exec(sign(queries)) ?? [];
      const url = sdk._getReqUrl({
        bucket,
        object: key,
        query: { ...queries, "x-oss-signature": signature },
      });
      // As ali-oss' own: pages put URLs between single quotes, too.
      return url.replaceAll("'", "%27");
    });
  };

  const signers = sdk as unknown as Record<string, ((...args: unknown[]) => unknown) | undefined>;
  for (const name of AT_ONCE) {
    const signer = signers[name]?.bind(sdk);
    if (signer) {
      signers[name] = (...args) => {
        present(name);
        return signer(...args);
      };
    }
  }

  function present(name: string): Credentials {
    // The next call has newer ones.
    credentials.get().then(live.keep, () => {});
    const latest = live.latest();
    if (credentials.now() < +latest.expiresAt) return latest;
    throw invalid(
      `${name} cannot wait for new credentials, and the present ones have ended: write await client.signatureUrlV4(…), or call it again`,
    );
  }
}
