import type { CredentialsBody, GrantEntry, Permission } from "../../../shared/wire.ts";
import type { Credentials, Grant } from "../live-credentials.ts";

/**
 * The answer of /credentials as this package's {@link Credentials}; undefined when it is something else, such as the answer
 * of another service that says 200.
 */
export function credentialsOf(body: Partial<CredentialsBody>): Credentials | undefined {
  try {
    const first: Grant = {
      bucket: text(body.OssBucket),
      endpoint: text(body.OssEndpoint),
      cname: body.OssCname === "true",
      prefix: body.KeyPrefix ?? "",
      permissions: (body.Permissions ?? "").split(",") as Permission[],
    };
    const entries = body.Grants === undefined ? undefined : (JSON.parse(body.Grants) as GrantEntry[]);
    return {
      accessKeyId: text(body.AccessKeyId),
      accessKeySecret: text(body.AccessKeySecret),
      securityToken: text(body.SecurityToken),
      // Throws when it is no time.
      expiresAt: new Date(new Date(text(body.Expiration)).toISOString()),
      ...first,
      region: text(body.OssRegion),
      grants: entries?.map((entry) => grantFrom(entry, first)) ?? [first],
      sessionName: body.SessionName ?? "",
      requestId: body.RequestId ?? "",
    };
  } catch {
    return undefined;
  }
}

function grantFrom({ Bucket, Endpoint, Cname, KeyPrefix, Permissions }: GrantEntry, first: Grant): Grant {
  return {
    bucket: Bucket,
    endpoint: Endpoint ?? first.endpoint,
    cname: Cname ?? first.cname,
    prefix: KeyPrefix,
    permissions: Permissions,
  };
}

function text(value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw new TypeError("a field is missing");
}
