import type { CallerCredentials } from "../../shared/ports.ts";
import { NOT_SET, type Setting, type Settings } from "./settings.ts";

/**
 * Where the keys that call AssumeRole, or sign forms, may come from. fc-context: from FC's context, with each request, or
 * else from the environment. environment: inside FC from its headers, outside FC from the environment, which must have them. elsewhere: not known here, as where an operator's
 * command reads the settings with keys of its own.
 */
export type CallerSource = "fc-context" | "environment" | "elsewhere";

const KEY_ID = "ALIBABA_CLOUD_ACCESS_KEY_ID";
const KEY_SECRET = "ALIBABA_CLOUD_ACCESS_KEY_SECRET";
const SECURITY_TOKEN = "ALIBABA_CLOUD_SECURITY_TOKEN";

export const CALLER_SETTINGS: readonly Setting[] = [
  { name: KEY_ID, needed: false },
  { name: KEY_SECRET, needed: false },
  { name: SECURITY_TOKEN, needed: false },
];

/** Reads {@link CALLER_SETTINGS}; undefined when there are none. */
export function callerFrom(
  { read, refuse }: Settings,
  { needed }: { readonly needed: boolean },
): CallerCredentials | undefined {
  const accessKeyId = read(KEY_ID);
  const accessKeySecret = read(KEY_SECRET);
  // An empty token counts as none: `s local` sets an empty one for long-lived keys.
  const securityToken = read(SECURITY_TOKEN);
  if (accessKeyId === undefined && accessKeySecret === undefined) {
    if (needed) {
      refuse(
        `${KEY_ID} and ${KEY_SECRET}`,
        "are not set",
        "set both: outside FC they call AssumeRole, and sign forms and URLs",
      );
    }
    return undefined;
  }
  const fix = "set both, or neither";
  if (accessKeyId === undefined) refuse(KEY_ID, `${NOT_SET}, but its secret is`, fix);
  if (accessKeySecret === undefined) refuse(KEY_SECRET, `${NOT_SET}, but its ID is`, fix);
  if (accessKeyId?.startsWith("STS.") && securityToken === undefined) {
    refuse(
      SECURITY_TOKEN,
      `${NOT_SET}, but ${KEY_ID} is temporary (STS.…)`,
      "set the token that came with this key",
    );
  }
  for (const [name, value] of [
    [KEY_ID, accessKeyId],
    [KEY_SECRET, accessKeySecret],
    [SECURITY_TOKEN, securityToken],
  ] as const) {
    if (value !== undefined && /\s/.test(value))
      refuse(name, "has a blank or a line break inside", "copy it again: it is one text without blanks");
  }
  return {
    accessKeyId: accessKeyId ?? "",
    accessKeySecret: accessKeySecret ?? "",
    ...(securityToken === undefined ? {} : { securityToken }),
  };
}
