import { endpointOfBucket, type OssEndpoints } from "../../shared/domain/oss-endpoint.ts";
import type { VendedCredentials } from "../../shared/flows/vend-credentials.ts";
import type { AliOssBody, AppServerBody, CredentialsBody, GrantEntry } from "../../shared/wire.ts";
import { utcSeconds } from "../http/utc-seconds.ts";
import type { Format } from "./request.ts";

/** Where the buckets are. The answer says it for the bucket of the first grant. */
export interface OssLocation {
  readonly region: string;
  readonly endpoints: OssEndpoints;
}

/** The body of a 200, in the shape that the request asks for. */
export function credentialsBody(
  { credentials, grant, sessionName }: VendedCredentials,
  {
    format,
    oss,
    requestId,
    nowMs,
  }: {
    readonly format: Format;
    readonly oss: OssLocation;
    readonly requestId: string;
    readonly nowMs: number;
  },
): CredentialsBody | AppServerBody | AliOssBody {
  const expiration = utcSeconds(credentials.expiresAtMs);
  const [first] = grant.statements;
  if (first === undefined) throw new Error("a grant without a statement");
  const { url, cname } = endpointOfBucket(oss.endpoints, first.bucket);
  const keys = {
    AccessKeyId: credentials.accessKeyId,
    AccessKeySecret: credentials.accessKeySecret,
    SecurityToken: credentials.securityToken,
    Expiration: expiration,
  };
  switch (format) {
    case "default":
      return {
        StatusCode: "200",
        Code: "Success",
        ...keys,
        LastUpdated: utcSeconds(nowMs),
        RequestId: requestId,
        SessionName: sessionName,
        OssRegion: oss.region,
        OssBucket: first.bucket,
        OssEndpoint: url,
        ...(cname ? { OssCname: "true" } : {}),
        KeyPrefix: first.prefix,
        Permissions: first.permissions.join(","),
        ...(grant.statements.length > 1
          ? { Grants: JSON.stringify(grantEntries(grant.statements, oss.endpoints)) }
          : {}),
      };
    case "appserver":
      return { StatusCode: 200, ...keys, ...(cname ? { OssEndpoint: url, OssCname: "true" } : {}) };
    case "ali-oss":
      return {
        accessKeyId: credentials.accessKeyId,
        accessKeySecret: credentials.accessKeySecret,
        stsToken: credentials.securityToken,
        expiration,
        // ali-oss names regions by their endpoint: oss-cn-hangzhou
        region: `oss-${oss.region}`,
        bucket: first.bucket,
        endpoint: url,
        // The default of ali-oss is signature V1, which OSS refuses for new accounts and buckets.
        authorizationV4: true,
        ...(cname ? { cname: true } : {}),
      };
  }
}

/** What is the same for every grant stands in the answer itself, which describes the first one. */
function grantEntries(
  statements: VendedCredentials["grant"]["statements"],
  endpoints: OssEndpoints,
): readonly GrantEntry[] {
  const all = statements.map((statement) => ({
    ...statement,
    ...endpointOfBucket(endpoints, statement.bucket),
  }));
  return all.map(({ bucket, prefix, permissions, url, cname }) => ({
    Bucket: bucket,
    KeyPrefix: prefix,
    Permissions: permissions,
    ...(url === all[0]?.url ? {} : { Endpoint: url }),
    ...(cname === all[0]?.cname ? {} : { Cname: cname }),
  }));
}
