import { NOT_SET, quoted } from "../../functions/http/settings.ts";
import type { ProblemIn } from "../../shared/domain/problem.ts";
import { BUCKET_NAME, ROLE_ARN, ROLE_NAME } from "../../shared/domain/ram/cloud-limits.ts";
import type { ProvisionSettings } from "./desired-state.ts";

/** The function's default role; s.yaml names it. */
export const FUNCTION_ROLE = "oss-valet-function";

/** The default role of forms and signed URLs; s.yaml names it. */
export const UPLOADS_ROLE = "oss-valet-uploads";

/** The options of the role of forms and signed URLs, for every command that looks at RAM. */
export const UPLOADS_OPTIONS = {
  "uploads-role": {
    value: "NAME",
    default: UPLOADS_ROLE,
    help: "the role in s.yaml of the function uploads, which signs forms and URLs",
  },
  "no-uploads": { help: "the function uploads is not deployed: nobody signs forms and URLs" },
} as const;

/** The role that these options name; undefined for --no-uploads. */
export function uploadsRoleFrom(options: {
  readonly "uploads-role": string;
  readonly "no-uploads"?: boolean | undefined;
}): string | undefined {
  return options["no-uploads"] === true ? undefined : options["uploads-role"];
}

/** Source: RAM CreateUser, UserName. */
const USER_NAME = /^[A-Za-z0-9._-]{1,64}$/;

/** The names to provision, or every problem with them: a name that RAM would refuse, or one role for both purposes. */
export function provisionSettingsFrom(given: {
  /** OSS_ROLE_ARN, OSS_BUCKET */
  readonly roleArn: string;
  readonly bucket: string;
  /** --function-role, --uploads-role or --no-uploads, --caller-user */
  readonly functionRole: string;
  readonly uploadsRole: string | undefined;
  readonly callerUser: string | undefined;
}): ProvisionSettings | { readonly problems: readonly ProblemIn[] } {
  const { bucket, functionRole, uploadsRole, callerUser } = given;
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
  for (const [where, name] of [
    ["--function-role", functionRole],
    ["--uploads-role", uploadsRole],
  ] as const)
    if (name !== undefined && !ROLE_NAME.test(name))
      problems.push({
        where,
        is: described(name),
        fix: "write a role's name: letters, digits, . _ and - only",
      });
  if (callerUser !== undefined && !USER_NAME.test(callerUser))
    problems.push({
      where: "--caller-user",
      is: described(callerUser),
      fix: "write a user's name: letters, digits, . _ and - only",
    });
  // One role for two purposes would have the access of both.
  for (const [where, one, other] of [
    ["OSS_ROLE_ARN and --function-role", clientRole, functionRole],
    ["OSS_ROLE_ARN and --uploads-role", clientRole, uploadsRole],
    ["--function-role and --uploads-role", functionRole, uploadsRole],
  ] as const)
    if (one !== undefined && one.toLowerCase() === other?.toLowerCase())
      problems.push({ where, is: `both name ${other}`, fix: "write two different roles" });
  if (problems.length > 0 || accountId === undefined || clientRole === undefined) return { problems };
  return { accountId, clientRole, functionRole, uploadsRole, callerUser, bucket };
}

function described(value: string): string {
  return value === "" ? NOT_SET : quoted(value);
}

/** The command with which a person sets up RAM as these settings say. */
export function applyCommand(
  { functionRole, uploadsRole, callerUser }: ProvisionSettings,
  { widens }: { readonly widens: boolean },
): string {
  return [
    "npm run valet -- provision apply",
    ...(functionRole === FUNCTION_ROLE ? [] : [`--function-role ${functionRole}`]),
    ...(uploadsRole === undefined
      ? ["--no-uploads"]
      : uploadsRole === UPLOADS_ROLE
        ? []
        : [`--uploads-role ${uploadsRole}`]),
    ...(callerUser === undefined ? [] : [`--caller-user ${callerUser}`]),
    ...(widens ? ["--allow-widening"] : []),
  ].join(" ");
}
