import { bucketProblem } from "../../shared/domain/rules/access-file-values.ts";
import { type Terminal, UsageError } from "./command.ts";

/** `--bucket`, or OSS_BUCKET; undefined where there is neither. Throws UsageError for what is no bucket's name. */
export function bucketFrom(
  option: string | undefined,
  { environment }: Pick<Terminal, "environment">,
): string | undefined {
  return option === undefined
    ? checkedBucket(environment["OSS_BUCKET"] || undefined, "OSS_BUCKET")
    : checkedBucket(option, "--bucket");
}

/** `where`: what the message names it by. */
export function checkedBucket<T extends string | undefined>(name: T, where: string): T {
  const problem = name === undefined ? undefined : bucketProblem(name);
  if (problem !== undefined) throw new UsageError(`${where} ${problem}`);
  return name;
}
