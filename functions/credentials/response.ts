import type { VendedCredentials } from "../../shared/flows/vend-credentials.ts";
import type { AliOssBody, AppServerBody, CredentialsBody, GrantEntry } from "../../shared/wire.ts";
import type { Format } from "./request.ts";

/** Where the bucket is. The App is told. */
export interface OssLocation {
  readonly region: string;
  readonly endpoint: string;
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
        OssEndpoint: oss.endpoint,
        KeyPrefix: first.prefix,
        Permissions: first.permissions.join(","),
        ...(grant.statements.length > 1 ? { Grants: JSON.stringify(grantEntries(grant.statements)) } : {}),
      };
    case "appserver":
      return { StatusCode: 200, ...keys };
    case "ali-oss":
      return {
        accessKeyId: credentials.accessKeyId,
        accessKeySecret: credentials.accessKeySecret,
        stsToken: credentials.securityToken,
        expiration,
        // ali-oss names regions by their endpoint: oss-cn-hangzhou
        region: `oss-${oss.region}`,
        bucket: first.bucket,
      };
  }
}

function grantEntries(statements: VendedCredentials["grant"]["statements"]): readonly GrantEntry[] {
  return statements.map(({ bucket, prefix, permissions }) => ({
    Bucket: bucket,
    KeyPrefix: prefix,
    Permissions: permissions,
  }));
}

/** The SDKs of Java and Python refuse milliseconds. */
function utcSeconds(ms: number): string {
  return new Date(Math.floor(ms / 1000) * 1000).toISOString().replace(".000Z", "Z");
}
