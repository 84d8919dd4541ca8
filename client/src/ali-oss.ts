import { addressOf, keysOf, liveOptions, serverTime, type Wanted } from "./ali-oss/options.ts";
import { liveRequests } from "./ali-oss/requests.ts";
import type { Sdk, SignatureUrlV4 } from "./ali-oss/sdk.ts";
import { liveSignedUrls } from "./ali-oss/signed-urls.ts";
import type { LiveCredentials } from "./live-credentials.ts";

export type { SignatureUrlV4 } from "./ali-oss/sdk.ts";
export type { LiveCredentials } from "./live-credentials.ts";

/** What the credentials give. ali-oss' own way to renew them is not used. */
type Given = "accessKeyId" | "accessKeySecret" | "stsToken" | "refreshSTSToken" | "refreshSTSTokenInterval";

/**
 * Options of ali-oss. `bucket`, `region`, `endpoint` and `cname` come from the credentials where they are not given;
 * `bucket` chooses among the grants. `authorizationV4` is true where it is not given.
 */
export type OssClientOptions<Options> = Partial<Omit<Options, Given>>;

/** `signatureUrlV4` is not in the published types of ali-oss 6. */
export type OssClient<Client> = Client & { signatureUrlV4: SignatureUrlV4 };

/**
 * A client of ali-oss (6.21 or newer, the build for Node.js or for browsers) that always has live credentials. Use it as
 * ali-oss' own.
 *
 * * Every request, every part of an upload and every signed URL waits for credentials that live, and uses server time.
 * * A request that OSS refuses because its keys have ended (InvalidAccessKeyId, SecurityTokenExpired, InvalidSecurityToken)
 *   is sent once more with new ones. A stream that cannot be read again is not: the error says so.
 * * Signed URLs end with their credentials at the latest. `signatureUrl` cannot wait: it uses the present credentials, and
 *   throws when they have ended.
 *
 * @param OSS the class of ali-oss: `import OSS from "ali-oss"`, or the global `OSS` of its script
 * @throws {ValetError} when there are no credentials; InvalidArgument when they open nothing in `options.bucket`. Later
 * calls throw it, too, when there are no living credentials; everything else is an error of ali-oss.
 */
export async function ossClient<Client extends object, Options>(
  OSS: new (options: Options) => Client,
  credentials: LiveCredentials,
  options: OssClientOptions<Options> = {},
): Promise<OssClient<Client>> {
  const wanted: Wanted = options;
  const first = await credentials.get();
  const address = addressOf(first, wanted.bucket, wanted);
  const made = (more: object): Sdk =>
    new OSS({
      region: `oss-${first.region}`,
      authorizationV4: true,
      ...more,
      ...keysOf(first),
      refreshSTSToken: undefined,
      // ali-oss warns about credentials without an interval.
      refreshSTSTokenInterval: 1,
    } as Options) as unknown as Sdk;

  const sdk = made({ ...options, ...address });
  const live = liveOptions(sdk, first, wanted, (other) => made({ ...other }).options.endpoint);
  serverTime(sdk, credentials);
  liveRequests(sdk, credentials, live);
  liveSignedUrls(sdk, credentials, live);
  sdk.setBucket = sdk.useBucket = (name) => {
    sdk.options.bucket = addressOf(live.latest(), name, wanted).bucket;
    live.keep(live.latest());
    return sdk;
  };
  return sdk as unknown as OssClient<Client>;
}
