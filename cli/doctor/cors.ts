import { matches } from "../../sandbox/ram/match.ts";
import type { Permission } from "../../shared/domain/ram/ram-policy.ts";
import { listOf } from "../shared/values.ts";

/** A rule of a bucket's CORS, as ali-oss gives it: one value, or a list. */
export interface BucketCorsRule {
  readonly allowedOrigin?: string | readonly string[] | undefined;
  readonly allowedMethod?: string | readonly string[] | undefined;
  readonly allowedHeader?: string | readonly string[] | undefined;
  readonly exposeHeader?: string | readonly string[] | undefined;
}

/** What an App does on the bucket: a permission, or `upload`: it posts a form. */
export type Use = Permission | "upload";

/**
 * What a browser's App from this origin would stumble over; undefined: nothing. The first rule for origin, method and
 * all headers decides (OSS, "CORS"), so that each method is looked up by itself. Signed requests carry headers
 * whose names change with what is sent: `*` is the only list that stays complete, and each rule before it decides for
 * the headers that it names.
 */
export function corsProblem(
  rules: readonly BucketCorsRule[],
  origin: string,
  uses: ReadonlySet<Use>,
): { readonly cause: string; readonly fix: string } | undefined {
  const methods = [...new Set([...uses].flatMap((use) => METHODS[use]))];
  // Who only posts forms reads nothing of the answer but its status.
  const reading = new Set([...uses].flatMap((use) => (use === "upload" ? [] : METHODS[use])));
  const exposing = reading.size === 0 ? "" : `, expose ${EXPOSED.join(" ")}`;
  const fix = `add a rule to the bucket's CORS, before all others: origin ${origin}, methods ${methods.join(" ")}, headers *${exposing}`;
  const forOrigin = rules
    .map((rule, index) => ({ ...rule, number: index + 1 }))
    .filter((rule) => listOf(rule.allowedOrigin).some((pattern) => matches(pattern, origin)));
  if (forOrigin.length === 0) return { cause: `no rule allows ${origin}`, fix };
  const deciding = methods.map((method) => {
    const forMethod = forOrigin.filter((rule) => listOf(rule.allowedMethod).includes(method));
    const last = forMethod.findIndex((rule) => listOf(rule.allowedHeader).includes("*"));
    return { method, rules: forMethod.slice(0, last + 1) };
  });
  const refused = deciding.filter((one) => one.rules.length === 0).map(({ method }) => method);
  if (refused.length > 0)
    return { cause: `${refused.join(", ")} with all headers (*) is not allowed from ${origin}`, fix };
  for (const { method, rules: some } of deciding.filter((one) => reading.has(one.method))) {
    for (const rule of some) {
      const exposed = listOf(rule.exposeHeader).map((header) => header.toLowerCase());
      const hidden = EXPOSED.filter((name) => !exposed.includes(name.toLowerCase()));
      if (hidden.length > 0)
        return {
          cause: `rule ${rule.number}, which decides for ${method} from ${origin}, does not expose ${hidden.join(", ")}: multipart uploads fail`,
          fix: `add ${hidden.join(" ")} to what rule ${rule.number} exposes (a later rule is never used); or ${fix}`,
        };
    }
  }
  return undefined;
}

/** What ali-oss sends for each: an upload in parts is a POST, PUTs and a POST, given up with a DELETE. A form is a POST. */
const METHODS: Readonly<Record<Use, readonly string[]>> = {
  read: ["GET", "HEAD"],
  write: ["PUT", "POST", "DELETE"],
  list: ["GET"],
  delete: ["DELETE"],
  upload: ["POST"],
};

/** What ali-oss reads of answers in a browser. Source: OSS, "CORS" for the JavaScript SDK. */
const EXPOSED = ["ETag", "x-oss-request-id"];
