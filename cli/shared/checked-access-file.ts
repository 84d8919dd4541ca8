import { type AccessFileResult, readAccessFile } from "./access-file.ts";
import { runAccessTests } from "./access-tests.ts";
import { policySizeWarnings } from "./policy-size.ts";

/**
 * What a build wants to know of access.yaml: {@link readAccessFile}, then its promises, of which a broken one is a
 * problem, and the largest policy, which is a warning where STS would not take it. `bucket`: OSS_BUCKET, if known.
 */
export function checkedAccessFile(
  path: string,
  options: { readonly bucket?: string | undefined; readonly nowMs: number },
): AccessFileResult {
  const file = readAccessFile(path);
  if (!file.ok) return file;
  const { bucket, nowMs } = options;
  const broken = runAccessTests(file.rules, { nowMs, ...(bucket === undefined ? {} : { bucket }) })
    .filter(({ kept }) => !kept)
    .map(({ path: where, promise, expected, got, because }) =>
      file.located(
        where,
        `is "${promise}", a broken promise: ${expected === "can" ? "they cannot" : got === "partly" ? "they can in part" : "they can"} (${because})`,
      ),
    );
  if (broken.length > 0) return { ok: false, problems: broken };
  const size = policySizeWarnings(file.rules, bucket).map((warning) => file.located(["rules"], warning));
  return { ...file, warnings: [...file.warnings, ...size] };
}
