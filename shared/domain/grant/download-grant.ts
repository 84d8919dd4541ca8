import type { ObjectKey } from "../prefix/object-key.ts";
import { granted, type Result, refused } from "../refusal.ts";
import type { AccessRules } from "../rules/rule.ts";
import { type MatchedRule, matchedRules } from "./matched-rules.ts";
import type { Principal } from "./principal.ts";
import type { Place } from "./rule-outcome.ts";
import { canBeSigned, signedSeconds } from "./signed-grant.ts";

export interface WantedDownloads {
  /** 1 or more. */
  readonly keys: readonly ObjectKey[];
  /** The Content-Disposition of the answers; undefined: the object's own. */
  readonly disposition: string | undefined;
  /** {@link MIN_SIGNED_SECONDS} or more. */
  readonly expiresSeconds: number | undefined;
}

/** The decision about signed URLs: one for each wanted key, in the request's order. */
export interface DownloadGrant {
  readonly downloads: readonly GrantedDownload[];
  /** How long the URLs live. */
  readonly seconds: number;
  /** Names of the rules that granted. */
  readonly rules: readonly string[];
}

export interface GrantedDownload {
  readonly bucket: string;
  readonly key: ObjectKey;
  readonly disposition: string | undefined;
}

/** Seconds. Ours: time to open a page with its pictures. */
const USUAL_SECONDS = 600;

/**
 * Decides about each key by the first rule that allows `read` for it. One key that no rule grants refuses all. Refuses
 * with ACCESS_NOT_GRANTED (`which`: the key), CLAIM_INVALID, TOKEN_INVALID (`denied`), REQUEST_INVALID (`expiresSeconds`).
 */
export function downloadGrantFor(
  principal: Principal,
  rules: AccessRules,
  { keys, disposition, expiresSeconds }: WantedDownloads,
  place: Place,
): Result<DownloadGrant> {
  const matched = matchedRules(principal, rules, place);
  if (!matched.ok) return matched;
  const readable = matched.value.filter(({ rule }) => rule.permissions.includes("read") && canBeSigned(rule));
  const downloads: GrantedDownload[] = [];
  const contributing = new Set<MatchedRule>();
  for (const [index, key] of keys.entries()) {
    const folder = readable.find(({ prefix }) => key.startsWith(prefix));
    if (folder === undefined) {
      const because = "no rule allows read there";
      return refused({ code: "ACCESS_NOT_GRANTED", because, which: `keys[${index}]` });
    }
    contributing.add(folder);
    downloads.push({ bucket: folder.rule.bucket ?? place.bucket, key, disposition });
  }
  const used = readable.filter((folder) => contributing.has(folder)).map(({ rule }) => rule);
  const seconds = signedSeconds(used, rules, { wanted: expiresSeconds, usual: USUAL_SECONDS });
  if (!seconds.ok) return seconds;
  return granted({ downloads, seconds: seconds.value, rules: used.map(({ name }) => name) });
}
