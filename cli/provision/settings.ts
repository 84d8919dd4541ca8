import { NOT_SET, quoted } from "../../functions/http/settings.ts";
import type { ProblemIn } from "../../shared/domain/problem.ts";
import { BUCKET_NAME, ROLE_ARN, ROLE_NAME } from "../../shared/domain/ram/cloud-limits.ts";
import type { ProvisionSettings } from "./desired-state.ts";

/** The function's default role; s.yaml names it. */
export const FUNCTION_ROLE = "oss-valet-function";

/** Source: RAM CreateUser, UserName. */
const USER_NAME = /^[A-Za-z0-9._-]{1,64}$/;

/** The names to provision, or every problem with them: a name that RAM would refuse, or one role for both purposes. */
export function provisionSettingsFrom(given: {
  /** OSS_ROLE_ARN, OSS_BUCKET */
  readonly roleArn: string;
  readonly bucket: string;
  /** --function-role, --caller-user */
  readonly functionRole: string;
  readonly callerUser: string | undefined;
}): ProvisionSettings | { readonly problems: readonly ProblemIn[] } {
  const { bucket, functionRole, callerUser } = given;
  const [, accountId, clientRole] = ROLE_ARN.exec(given.roleArn) ?? [];
  const problems: ProblemIn[] = [];
  if (accountId === undefined)
    problems.push({
      where: "OSS_ROLE_ARN",
      is: described(given.roleArn),
      fix: "write the client role's ARN, acs:ram::<account id>:role/oss-valet-client",
    });
  if (!BUCKET_NAME.test(bucket))
    problems.push({
      where: "OSS_BUCKET",
      is: described(bucket),
      fix: "write the bucket's name, such as examplebucket",
    });
  if (!ROLE_NAME.test(functionRole))
    problems.push({
      where: "--function-role",
      is: described(functionRole),
      fix: "write a role's name: letters, digits, . _ and - only",
    });
  if (callerUser !== undefined && !USER_NAME.test(callerUser))
    problems.push({
      where: "--caller-user",
      is: described(callerUser),
      fix: "write a user's name: letters, digits, . _ and - only",
    });
  if (clientRole?.toLowerCase() === functionRole.toLowerCase())
    problems.push({
      where: "OSS_ROLE_ARN and --function-role",
      is: `both name ${functionRole}`,
      fix: "write two different roles",
    });
  if (problems.length > 0 || accountId === undefined || clientRole === undefined) return { problems };
  return { accountId, clientRole, functionRole, callerUser, bucket };
}

function described(value: string): string {
  return value === "" ? NOT_SET : quoted(value);
}

/** The command with which a person sets up RAM as these settings say. */
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
