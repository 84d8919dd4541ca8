import { sha256Of } from "../domain/digest.ts";
import type { GrantedDownload } from "../domain/grant/download-grant.ts";
import type { GrantedUpload } from "../domain/grant/upload-grant.ts";
import { bucketUrl, endpointOfBucket, type OssEndpoints } from "../domain/oss-endpoint.ts";
import { formPolicyFor } from "../domain/policy/form-policy.ts";
import { granted, type Result, refused } from "../domain/refusal.ts";
import type { CallerCredentials, ObjectSigner, SignedForm, SignedLife, SignedUrl } from "../ports.ts";
import { encoded, encodedPath, encodedQuery } from "./oss-signer/encoding.ts";
import {
  ALGORITHM,
  type SigningKey,
  signatureOf,
  signingKeys,
  signingTime,
} from "./oss-signer/signing-key.ts";

export interface OssSignerOptions {
  readonly region: string;
  readonly endpoints: OssEndpoints;
  /** The newest ones; undefined when there are none. */
  readonly credentials: () => CallerCredentials | undefined;
}

/** Characters of a form's field. Source: OSS, FieldItemTooLong: a field of more than 4 KB is refused. */
const MAX_FIELD_LENGTH = 4096;

/** Signs PostObject forms and GET URLs with signature version 4. Calls nobody. */
export function ossSigner({ region, endpoints, credentials }: OssSignerOptions): ObjectSigner {
  const keyOf = signingKeys(region);
  const addresses = new Map<string, string>();
  let last: Signing | undefined;
  const addressOf = (bucket: string): string => {
    const address = addresses.get(bucket) ?? bucketUrl(endpointOfBucket(endpoints, bucket), bucket);
    addresses.set(bucket, address);
    return address;
  };
  const signed = <T>(life: SignedLife, make: (signing: Signing) => Result<T>): Result<T> => {
    const keys = credentials();
    if (keys === undefined) return refused({ code: "SIGNING_KEYS_MISSING" });
    if (last?.life !== life || last.keys !== keys) {
      const time = signingTime(life.signedAtMs);
      const key = keyOf(keys, time.slice(0, 8));
      last = { life, keys, time, key, parameters: signatureParameters(keys, key, time) };
    }
    return make(last);
  };
  return {
    form: (upload, life) => signed(life, (signing) => formOf(upload, signing, addressOf(upload.bucket))),
    url: (download, life) =>
      signed(life, (signing) => granted(urlOf(download, signing, addressOf(download.bucket)))),
  };
}

/** What all forms and URLs of one request have in common. */
interface Signing {
  readonly life: SignedLife;
  readonly keys: CallerCredentials;
  readonly time: string;
  readonly key: SigningKey;
  readonly parameters: Parameters;
}

type Parameters = readonly (readonly [name: string, value: string])[];

/** Source: OSS, "POST V4 signature". */
function formOf(upload: GrantedUpload, signing: Signing, url: string): Result<SignedForm> {
  const { fields, conditions } = formPolicyFor(upload, signing.parameters);
  const expiration = new Date(signing.life.expiresAtMs).toISOString();
  const policy = Buffer.from(JSON.stringify({ expiration, conditions }), "utf8").toString("base64");
  if (policy.length > MAX_FIELD_LENGTH)
    return refused({ code: "REQUEST_INVALID", field: "key", problem: TOO_LONG });
  const signature = signatureOf(signing.key, policy);
  return granted({
    url,
    key: upload.key,
    fields: { ...Object.fromEntries(fields), policy, "x-oss-signature": signature },
  });
}

const TOO_LONG = "makes a form that is too long for OSS; send a shorter key or name";

/** Source: OSS, "Include V4 signatures in URLs". */
function urlOf({ bucket, key, disposition }: GrantedDownload, signing: Signing, address: string): SignedUrl {
  const query = encodedQuery([
    ...signing.parameters,
    ["x-oss-expires", String((signing.life.expiresAtMs - signing.life.signedAtMs) / 1000)],
    ...(disposition === undefined ? [] : [["response-content-disposition", disposition] as const]),
  ]);
  const path = encodedPath(key);
  const request = ["GET", `/${bucket}/${path}`, query, "", "", "UNSIGNED-PAYLOAD"].join("\n");
  const digest = sha256Of(request);
  const signature = signatureOf(signing.key, [ALGORITHM, signing.time, signing.key.scope, digest].join("\n"));
  return { url: `${address}${path}?${query}&x-oss-signature=${encoded(signature)}`, key };
}

/** The parameters of every signature: fields of a form, or of a query. */
function signatureParameters(
  { accessKeyId, securityToken }: CallerCredentials,
  { scope }: SigningKey,
  time: string,
): Parameters {
  return [
    ["x-oss-signature-version", ALGORITHM],
    ["x-oss-credential", `${accessKeyId}/${scope}`],
    ["x-oss-date", time],
    ...(securityToken === undefined ? [] : [["x-oss-security-token", securityToken] as const]),
  ];
}
