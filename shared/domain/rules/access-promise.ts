import type { Problem } from "../problem.ts";
import { RULE_PERMISSIONS } from "../ram/ram-policy.ts";
import { bytesFrom } from "./byte-size.ts";
import { nearest } from "./nearest.ts";
import type { AccessPromise } from "./rule.ts";
import { promisedFileFrom, typeOrSizeProblem, UPLOAD_EXAMPLE, uploadKeyProblem } from "./upload-promise.ts";

/** Why a line is not a promise; undefined when it is one. */
export function promiseProblem(value: string): Problem | undefined {
  const { permission, rest } = partsOf(value);
  const known = RULE_PERMISSIONS.find((candidate) => candidate === permission);
  const is = `is ${JSON.stringify(value)}`;
  const more = ({ is: why, fix }: Problem): Problem => ({ is: `${is}, which ${why}`, fix });
  if (known === undefined) {
    const near = permission === undefined ? undefined : nearest(permission, RULE_PERMISSIONS);
    const example = near === "upload" ? UPLOAD_EXAMPLE : `${near ?? "read"} users/alice/a.jpg`;
    return { is, fix: `write a permission and a key, such as ${example}` };
  }
  if (known !== "upload") return placeProblem(rest, { is, known, last: "" });
  const file = promisedFileFrom(rest);
  const ofFile = typeOrSizeProblem(file);
  if (ofFile !== undefined) return more(ofFile);
  const last = ` ${file.contentType} ${file.size}`;
  const ofPlace = placeProblem(file.place, { is, known, last });
  const ofKey = ofPlace === undefined ? uploadKeyProblem(placeOf(file.place).key) : undefined;
  return ofPlace ?? (ofKey === undefined ? undefined : more(ofKey));
}

/** Reads a line in which {@link promiseProblem} finds no problem. */
export function promiseFrom(line: string): AccessPromise {
  const { permission: name, rest } = partsOf(line);
  const permission = RULE_PERMISSIONS.find((candidate) => candidate === name);
  if (permission === undefined) throw new Error("unreachable: the promise was not checked");
  if (permission !== "upload") return { text: line, permission, ...placeOf(rest) };
  const { place, contentType, size } = promisedFileFrom(rest);
  const bytes = bytesFrom(size);
  if (bytes === undefined) throw new Error("unreachable: the promise was not checked");
  return { text: line, permission, ...placeOf(place), contentType, bytes };
}

interface Line {
  /** e.g. `is "red a.jpg"` */
  readonly is: string;
  readonly known: (typeof RULE_PERMISSIONS)[number];
  /** What follows the key. */
  readonly last: string;
}

function placeProblem(place: string, { is, known, last }: Line): Problem | undefined {
  const { key } = placeOf(place);
  const of = known === "upload" ? "photos" : "users";
  if (key === "" && known !== "list")
    return { is, fix: `write a permission and a key, such as ${known} ${of}/alice/a.jpg${last}` };
  if (key.startsWith("/"))
    return {
      is: `${is}, but keys do not begin with "/"`,
      fix: `write ${known} ${key.replace(/^\/+/, "")}${last}`,
    };
  if (key.trim() !== key)
    return { is: `${is}, whose key has spaces around it`, fix: `write ${known} ${key.trim()}${last}` };
  // No user has such a key: a promise about it would hold whatever the rules say.
  if (/\{[\w.:-]+\}/.test(key))
    return {
      is: `${is}, but a promise names one real key, without placeholders`,
      fix: `write ${known} ${of}/alice/a.jpg${last}`,
    };
  return key.startsWith("oss://")
    ? { is, fix: `write oss://, a bucket's name and a key: ${known} oss://examplebucket/a.jpg${last}` }
    : undefined;
}

function partsOf(line: string): { readonly permission: string | undefined; readonly rest: string } {
  const [, permission, rest = ""] = /^(\S+)(?: (.*))?$/.exec(line) ?? [];
  return { permission, rest };
}

/** The bucket (where it is not the deployment's) and the key. */
function placeOf(text: string): { readonly bucket: string | undefined; readonly key: string } {
  const [, bucket, key] = /^oss:\/\/([a-z0-9][a-z0-9-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(text) ?? [];
  return bucket === undefined ? { bucket, key: text } : { bucket, key: key ?? "" };
}
