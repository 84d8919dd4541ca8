import type { ProvisionSettings } from "./desired-state.ts";

/** The function's role where nothing else is said; s.yaml names it. */
export const FUNCTION_ROLE = "oss-valet-function";

/**
 * What is to be provisioned, or every problem with it: names that RAM would not take, one role for both purposes.
 * Sources: RAM CreateRole, RoleName; CreateUser, UserName.
 */
export function provisionSettingsFrom(given: {
  /** OSS_ROLE_ARN, OSS_BUCKET */
  readonly roleArn: string;
  readonly bucket: string;
  /** --function-role, --caller-user */
  readonly functionRole: string;
  readonly callerUser: string | undefined;
}): ProvisionSettings | { readonly problems: readonly string[] } {
  const { bucket, functionRole, callerUser } = given;
  const [, accountId, clientRole] =
    /^acs:ram::(\d{5,20}):role\/([A-Za-z0-9.-]{1,64})$/.exec(given.roleArn) ?? [];
  const problems = [
    ...(accountId === undefined
      ? ["OSS_ROLE_ARN: write the client role's ARN, acs:ram::<account id>:role/oss-valet-client"]
      : []),
    ...(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(bucket)
      ? []
      : ["OSS_BUCKET: write the bucket's name, such as examplebucket"]),
    ...(/^[A-Za-z0-9.-]{1,64}$/.test(functionRole)
      ? []
      : ["--function-role: a role's name has letters, digits, . and - only"]),
    ...(/^[A-Za-z0-9._-]{1,64}$/.test(callerUser ?? "x")
      ? []
      : ["--caller-user: a user's name has letters, digits, . _ and - only"]),
    ...(clientRole?.toLowerCase() === functionRole.toLowerCase()
      ? [`OSS_ROLE_ARN and --function-role both name ${functionRole}; they must be two roles`]
      : []),
  ];
  if (problems.length > 0 || accountId === undefined || clientRole === undefined) return { problems };
  return { accountId, clientRole, functionRole, callerUser, bucket };
}

/** The command that brings RAM where these settings want it, to be told to a person. */
export function applyCommand(
  { functionRole, callerUser }: ProvisionSettings,
  { widens }: { readonly widens: boolean },
): string {
  return [
    "npm run valet -- provision apply",
    ...(functionRole === FUNCTION_ROLE ? [] : [`--function-role ${functionRole}`]),
    ...(callerUser === undefined ? [] : [`--caller-user ${callerUser}`]),
    ...(widens ? ["--allow-widening"] : []),
  ].join(" ");
}
