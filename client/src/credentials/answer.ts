import type { CredentialsBody, GrantEntry, Permission } from "../../../shared/wire.ts";
import type { Credentials } from "../live-credentials.ts";

/**
 * The answer of /credentials as this package's {@link Credentials}; undefined when it is something else, such as the page
 * of a proxy that answers 200.
 */
export function credentialsOf(body: Partial<CredentialsBody>): Credentials | undefined {
  const { AccessKeyId, AccessKeySecret, SecurityToken, OssBucket, OssRegion, OssEndpoint } = body;
  const expiresAt = new Date(body.Expiration ?? "");
  if (!AccessKeyId || !AccessKeySecret || !SecurityToken || !OssBucket || !OssRegion || !OssEndpoint)
    return undefined;
  if (Number.isNaN(+expiresAt)) return undefined;
  const cname = body.OssCname === "true";
  const first = {
    bucket: OssBucket,
    endpoint: OssEndpoint,
    cname,
    prefix: body.KeyPrefix ?? "",
    permissions: (body.Permissions ?? "").split(",") as Permission[],
  };
  const grants =
    body.Grants === undefined ? [first] : (JSON.parse(body.Grants) as GrantEntry[]).map(grantFrom);
  return {
    accessKeyId: AccessKeyId,
    accessKeySecret: AccessKeySecret,
    securityToken: SecurityToken,
    expiresAt,
    ...first,
    region: OssRegion,
    grants,
    sessionName: body.SessionName ?? "",
    requestId: body.RequestId ?? "",
  };

  function grantFrom({ Bucket, Endpoint, Cname, KeyPrefix, Permissions }: GrantEntry) {
    return {
      bucket: Bucket,
      endpoint: Endpoint ?? first.endpoint,
      cname: Cname ?? cname,
      prefix: KeyPrefix,
      permissions: Permissions,
    };
  }
}
