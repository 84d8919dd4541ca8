import type { Wanted } from "../../shared/domain/grant/access-grant.ts";
import { parsedObjectPrefix } from "../../shared/domain/prefix/object-prefix.ts";
import { sentenceOf } from "../../shared/domain/problem.ts";
import { MIN_SESSION_SECONDS } from "../../shared/domain/ram/cloud-limits.ts";
import { PERMISSIONS, type Permission } from "../../shared/domain/ram/ram-policy.ts";
import { nearest } from "../../shared/domain/rules/nearest.ts";
import { type Options, UsageError, type ValuesOf } from "./command.ts";

const GROUP = "What the App asks for (each can only narrow the grant)";

/** The options of commands that ask for less than the rules grant. */
export const WANTED_OPTIONS = {
  permissions: {
    value: "read,list",
    group: GROUP,
    help: "only these permissions",
  },
  prefix: {
    value: "PREFIX",
    group: GROUP,
    help: "only this folder, e.g. users/alice/photos/",
  },
  duration: {
    value: "SECONDS",
    group: GROUP,
    help: "how long the credentials last; 900 or more",
  },
} as const satisfies Options;

/** What {@link WANTED_OPTIONS} say. Throws UsageError. */
export function wantedFrom({ permissions, prefix, duration }: ValuesOf<typeof WANTED_OPTIONS>): Wanted {
  const folder = prefix === undefined ? undefined : parsedObjectPrefix(prefix);
  if (folder !== undefined && "problem" in folder)
    throw new UsageError(sentenceOf({ where: "--prefix", ...folder.problem }));
  const seconds = duration === undefined ? undefined : Number(duration);
  if (seconds !== undefined && (!Number.isInteger(seconds) || seconds < MIN_SESSION_SECONDS))
    throw new UsageError(`--duration must be a whole number of seconds, ${MIN_SESSION_SECONDS} or more`);
  const names = permissions?.split(",").map((name) => permissionFrom(name.trim(), "--permissions"));
  return {
    ...(names === undefined ? {} : { permissions: PERMISSIONS.filter((name) => names.includes(name)) }),
    ...(folder === undefined ? {} : { prefix: folder.prefix }),
    ...(seconds === undefined ? {} : { durationSeconds: seconds }),
  };
}

/** Throws UsageError, which names it `what`. */
export function permissionFrom(name: string, what: string): Permission {
  const known = PERMISSIONS.find((permission) => permission === name);
  if (known !== undefined) return known;
  throw new UsageError(
    `${what} is ${JSON.stringify(name)}; write ${nearest(name, PERMISSIONS) ?? PERMISSIONS.join(", ")}`,
  );
}
