import { invalid } from "../failure.ts";
import type { Credentials, LiveCredentials } from "../live-credentials.ts";
import type { Keys, Sdk, SdkPlace } from "./sdk.ts";

/** The keys and the address that ali-oss reads from its options, kept up to date there. */
export interface LiveOptions {
  /** The credentials that `work` was last run with, or newer ones. */
  readonly latest: () => Credentials;
  /** Uses newer credentials from now on. */
  readonly keep: (credentials: Credentials) => void;
  /**
   * Runs `work` with these keys and the address of this bucket. `work` must read the options before it waits for anything:
   * then the three keys always belong together, whatever other calls do meanwhile.
   */
  readonly during: <T>(credentials: Credentials, bucket: string | undefined, work: () => T) => T;
}

/** How the App wants it, in place of what the credentials say. */
export interface Wanted {
  readonly bucket?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly cname?: boolean | undefined;
  readonly sldEnable?: boolean | undefined;
}

export type Address = Omit<SdkPlace, "endpoint"> & { readonly endpoint: string };

/** Throws InvalidArgument when the credentials open nothing in this bucket. */
export function addressOf({ grants }: Credentials, bucket: string | undefined, wanted: Wanted): Address {
  const grant = bucket === undefined ? grants[0] : grants.find((one) => one.bucket === bucket);
  if (grant === undefined) {
    const names = [...new Set(grants.map((one) => one.bucket))].join(", ");
    throw invalid(`the credentials open nothing in the bucket "${bucket}": write one of ${names}`);
  }
  // ali-oss cannot use an IP address as an endpoint: it sends the name of the real OSS to it.
  const endpoint = wanted.endpoint ?? grant.endpoint.replace("//127.0.0.1", "//localhost");
  return {
    bucket: grant.bucket,
    endpoint,
    cname: wanted.cname ?? grant.cname,
    // The local OSS has the bucket in the path: not every system resolves names below localhost.
    sldEnable: wanted.sldEnable ?? /^http:\/\/localhost(:|\/|$)/.test(endpoint),
  };
}

export function keysOf({ accessKeyId, accessKeySecret, securityToken }: Credentials): Keys {
  return { accessKeyId, accessKeySecret, stsToken: securityToken };
}

/** `parsed`: an endpoint as ali-oss has it in its options. */
export function liveOptions(
  { options }: Sdk,
  first: Credentials,
  wanted: Wanted,
  parsed: (address: Address) => unknown,
): LiveOptions {
  let latest = first;
  const endpoints = new Map<string, unknown>();

  function placeOf(bucket: string | undefined): SdkPlace {
    const address = addressOf(latest, bucket, wanted);
    const endpoint = endpoints.get(address.endpoint) ?? parsed(address);
    endpoints.set(address.endpoint, endpoint);
    return { ...address, endpoint };
  }

  function keep(credentials: Credentials): void {
    latest = credentials;
    Object.assign(options, keysOf(credentials), placeOf(options.bucket));
  }

  return {
    latest: () => latest,
    keep,
    during: (credentials, bucket, work) => {
      keep(credentials);
      if (bucket === undefined || bucket === options.bucket) return work();
      // A call for one bucket that waited for credentials, while useBucket() chose another one.
      const { bucket: own, endpoint, cname, sldEnable } = options;
      Object.assign(options, placeOf(bucket));
      try {
        return work();
      } finally {
        Object.assign(options, { bucket: own, endpoint, cname, sldEnable });
      }
    },
  };
}

/** The time that ali-oss signs with is the server's. The browser build sets it, too, after RequestTimeTooSkewed. */
export function serverTime({ options }: Sdk, credentials: LiveCredentials): void {
  Object.defineProperty(options, "amendTimeSkewed", {
    get: () => credentials.now() - Date.now(),
    set: (ms: number) => {
      if (!Number.isNaN(ms)) credentials.correctClock(Date.now() + ms);
    },
  });
}
