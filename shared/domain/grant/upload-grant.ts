import { isOneOf } from "../media-type.ts";
import { type ObjectKey, parsedObjectKey } from "../prefix/object-key.ts";
import { sentenceOf } from "../problem.ts";
import { granted, type Result, refused } from "../refusal.ts";
import type { AccessRules, UploadLimits } from "../rules/rule.ts";
import { type MatchedRule, matchedRules } from "./matched-rules.ts";
import type { Principal } from "./principal.ts";
import type { Place } from "./rule-outcome.ts";
import { canBeSigned, signedSeconds } from "./signed-grant.ts";

/** A file that an App wants to upload through a form. */
export interface WantedUpload {
  /** A whole key; or a name, which is put below the first prefix that grants it. */
  readonly target:
    | { readonly kind: "key"; readonly key: ObjectKey }
    | { readonly kind: "name"; readonly name: string };
  /** In lower case, without parameters. */
  readonly contentType: string;
  /** The file's exact size; undefined: up to the rule's limit. */
  readonly bytes: number | undefined;
}

export interface WantedUploads {
  /** 1 or more. */
  readonly files: readonly WantedUpload[];
  /** {@link MIN_SIGNED_SECONDS} or more. */
  readonly expiresSeconds: number | undefined;
}

/** The decision about forms: one for each wanted file, in the request's order. */
export interface UploadGrant {
  readonly uploads: readonly GrantedUpload[];
  /** How long the forms live. */
  readonly seconds: number;
  /** Names of the rules that granted. */
  readonly rules: readonly string[];
}

/** What one form may do: store one object, once or more, within limits. */
export interface GrantedUpload {
  readonly bucket: string;
  readonly key: ObjectKey;
  readonly contentType: string;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly overwrite: boolean;
}

/** Seconds. Ours: time to choose and to upload a file. */
const USUAL_SECONDS = 900;

/**
 * Decides about each file by the first rule that allows `upload` for it, within that rule's limits. One file that no rule
 * grants refuses all. Refuses with ACCESS_NOT_GRANTED (`which`: the file), CLAIM_INVALID, TOKEN_INVALID (`denied`),
 * REQUEST_INVALID (`expiresSeconds`; a name that makes no key).
 */
export function uploadGrantFor(
  principal: Principal,
  rules: AccessRules,
  { files, expiresSeconds }: WantedUploads,
  place: Place,
): Result<UploadGrant> {
  const matched = matchedRules(principal, rules, place);
  if (!matched.ok) return matched;
  const folders = matched.value.flatMap(uploadFolder);
  const uploads: GrantedUpload[] = [];
  const contributing = new Set<UploadFolder>();
  for (const [index, file] of files.entries()) {
    const which = `files[${index}]`;
    const decision = decided(file, which, folders, place);
    if (!decision.ok) return decision;
    contributing.add(decision.value.folder);
    uploads.push(decision.value.upload);
  }
  const used = folders.filter((folder) => contributing.has(folder)).map(({ rule }) => rule);
  const seconds = signedSeconds(used, rules, { wanted: expiresSeconds, usual: USUAL_SECONDS });
  if (!seconds.ok) return seconds;
  return granted({ uploads, seconds: seconds.value, rules: used.map(({ name }) => name) });
}

interface UploadFolder extends MatchedRule {
  readonly limits: UploadLimits;
}

function uploadFolder(matched: MatchedRule): readonly UploadFolder[] {
  const { upload } = matched.rule;
  return upload === undefined || !canBeSigned(matched.rule) ? [] : [{ ...matched, limits: upload }];
}

function decided(
  file: WantedUpload,
  which: string,
  folders: readonly UploadFolder[],
  place: Place,
): Result<{ readonly folder: UploadFolder; readonly upload: GrantedUpload }> {
  // The last reason is the nearest to a grant: the file lies in a folder, but does not keep its limits.
  let because = folders.length === 0 ? "no rule that matches allows upload" : "no rule allows upload there";
  for (const folder of folders) {
    const key = keyBelow(folder, file, which);
    if (!key.ok) return key;
    if (key.value === undefined) continue;
    const broken = brokenLimit(file, folder);
    if (broken !== undefined) {
      because = broken;
      continue;
    }
    const { maxBytes, overwrite } = folder.limits;
    const upload = {
      bucket: folder.rule.bucket ?? place.bucket,
      key: key.value,
      contentType: file.contentType,
      minBytes: file.bytes ?? 0,
      maxBytes: file.bytes ?? maxBytes,
      overwrite,
    };
    return granted({ folder, upload });
  }
  return refused({ code: "ACCESS_NOT_GRANTED", because, which });
}

/** The file's key in a rule's folder; undefined when its key lies elsewhere. */
function keyBelow(
  { prefix }: UploadFolder,
  { target }: WantedUpload,
  which: string,
): Result<ObjectKey | undefined> {
  if (target.kind === "key") return granted(target.key.startsWith(prefix) ? target.key : undefined);
  const parsed = parsedObjectKey(`${prefix}${target.name}`);
  return "key" in parsed
    ? granted(parsed.key)
    : refused({ code: "REQUEST_INVALID", field: `${which}.name`, problem: sentenceOf(parsed.problem) });
}

function brokenLimit(
  { contentType, bytes }: WantedUpload,
  { rule, limits }: UploadFolder,
): string | undefined {
  if (!isOneOf(contentType, limits.contentTypes)) return `rule ${rule.name} does not allow this content type`;
  return bytes !== undefined && bytes > limits.maxBytes
    ? `rule ${rule.name} allows ${limits.maxBytes} bytes`
    : undefined;
}
