import { matchedRules } from "../../shared/domain/grant/matched-rules.ts";
import type { Principal } from "../../shared/domain/grant/principal.ts";
import type { Place } from "../../shared/domain/grant/rule-outcome.ts";
import { type GrantedUpload, uploadGrantFor } from "../../shared/domain/grant/upload-grant.ts";
import { uploadsPolicyFor } from "../../shared/domain/policy/uploads-role-policy.ts";
import { parsedObjectKey } from "../../shared/domain/prefix/object-key.ts";
import type { ObjectPrefix } from "../../shared/domain/prefix/object-prefix.ts";
import { sentenceOf } from "../../shared/domain/problem.ts";
import type { AccessRules, UploadLimits } from "../../shared/domain/rules/rule.ts";
import { type Question, sentKey, type Voice, voiceOfRole, voiceText } from "./evaluator.ts";
import { refusalText } from "./refusal-text.ts";

/** May somebody upload this file through a form? */
export interface FormQuestion {
  readonly bucket: string;
  readonly key: string;
  readonly contentType: string;
  readonly bytes: number;
}

export interface FormJudgement {
  readonly granted: boolean;
  /** By which rule and statement, or why not. */
  readonly because: string;
}

/** A folder that takes forms of a principal, with the limits that access.yaml sets. */
export interface FormFolder {
  readonly rule: string;
  readonly bucket: string;
  readonly prefix: ObjectPrefix;
  readonly limits: UploadLimits;
}

/** In the file's order. Empty for somebody whom no rule lets upload, or who is denied. */
export function formFoldersOf(principal: Principal, rules: AccessRules, place: Place): readonly FormFolder[] {
  const matched = matchedRules(principal, rules, place);
  return (matched.ok ? matched.value : []).flatMap(({ rule, prefix }) =>
    rule.upload === undefined
      ? []
      : [{ rule: rule.name, bucket: rule.bucket ?? place.bucket, prefix, limits: rule.upload }],
  );
}

/** What to say to somebody who expects `write` where only forms can write; undefined elsewhere. */
export function onlyByForm(question: Question, folders: readonly FormFolder[]): string | undefined {
  const key = sentKey(question);
  const takesForms = folders.some(
    ({ bucket, prefix }) => bucket === question.bucket && key.startsWith(prefix),
  );
  return question.permission === "write" && takesForms
    ? "upload is never in credentials: only a form of /uploads can store a file there"
    : undefined;
}

/** Asks the product for a form, and the sandbox's evaluator whether the role that signs it may store the object. */
export function formJudgement(
  { bucket, key, contentType, bytes }: FormQuestion,
  principal: Principal,
  rules: AccessRules,
  place: Place,
): FormJudgement {
  const parsed = parsedObjectKey(key);
  if ("problem" in parsed) return no(sentenceOf({ where: "the key", ...parsed.problem }));
  const file = { target: { kind: "key", key: parsed.key }, contentType, bytes } as const;
  const grant = uploadGrantFor(principal, rules, { files: [file], expiresSeconds: undefined }, place);
  if (!grant.ok) {
    const { refusal } = grant;
    return no(`no form: ${refusal.code === "ACCESS_NOT_GRANTED" ? refusal.because : refusalText(refusal)}`);
  }
  const [upload] = grant.value.uploads;
  if (upload === undefined) throw new Error("a grant without the file that was asked for");
  if (upload.bucket !== bucket) return no(`a form for this key is for the bucket ${upload.bucket}`);
  const voice = voiceFor(upload, rules, place);
  const because = `${grant.value.rules.join(", ")}; ${voiceText(voice, "oss:PutObject")}`;
  return { granted: voice.effect === "Allow", because };
}

function voiceFor({ bucket, key }: GrantedUpload, rules: AccessRules, place: Place): Voice {
  const role = JSON.stringify(uploadsPolicyFor(rules, place.bucket));
  return voiceOfRole({ action: "oss:PutObject", resource: `${bucket}/${key}` }, role);
}

function no(because: string): FormJudgement {
  return { granted: false, because };
}
