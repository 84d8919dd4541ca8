import { mediaTypeProblem } from "../media-type.ts";
import type { Problem } from "../problem.ts";
import { RULE_PERMISSIONS } from "../ram/ram-policy.ts";
import { nearest } from "./nearest.ts";
import type { AccessPromise } from "./rule.ts";

/** Why a line is not a promise; undefined when it is one. */
export function promiseProblem(value: string): Problem | undefined {
  const { permission, place } = partsOf(value);
  const { key } = placeOf(place);
  const known = RULE_PERMISSIONS.find((candidate) => candidate === permission);
  const is = `is ${JSON.stringify(value)}`;
  if (known === undefined || (key === "" && known !== "list")) {
    const name = permission === undefined ? undefined : nearest(permission, RULE_PERMISSIONS);
    const near = RULE_PERMISSIONS.find((candidate) => candidate === (known ?? name));
    return { is, fix: `write a permission and a key, such as ${EXAMPLES[near ?? "read"]}` };
  }
  if (known === "upload") {
    const problem = problemOfFile(place, is);
    if (problem !== undefined) return problem;
  }
  if (key.startsWith("/"))
    return {
      is: `${is}, but keys do not begin with "/"`,
      fix: `write ${known} ${key.replace(/^\/+/, "")}`,
    };
  if (key.trim() !== key)
    return { is: `${is}, whose key has spaces around it`, fix: `write ${known} ${key.trim()}` };
  // No user has such a key: a promise about it would hold whatever the rules say.
  if (/\{[\w.:-]+\}/.test(key))
    return {
      is: `${is}, but a promise names one real key, without placeholders`,
      fix: `write ${EXAMPLES[known]}`,
    };
  return key.startsWith("oss://")
    ? { is, fix: `write oss://, a bucket's name and a key: ${known} oss://examplebucket/a.jpg` }
    : undefined;
}

/** Reads a line in which {@link promiseProblem} finds no problem. */
export function promiseFrom(line: string): AccessPromise {
  const { permission: name, place } = partsOf(line);
  const permission = RULE_PERMISSIONS.find((candidate) => candidate === name);
  if (permission !== "upload") {
    if (permission === undefined) throw new Error("unreachable: the promise was not checked");
    return { text: line, permission, ...placeOf(place) };
  }
  const { key, contentType, size } = fileOf(place);
  return { text: line, permission, ...placeOf(key), contentType, bytes: bytesOf(size) ?? 0 };
}

const EXAMPLES: Readonly<Record<(typeof RULE_PERMISSIONS)[number], string>> = {
  read: "read users/alice/a.jpg",
  write: "write users/alice/a.jpg",
  list: "list users/alice/a.jpg",
  delete: "delete users/alice/a.jpg",
  upload: "upload photos/alice/a.jpg image/jpeg 2MB",
};

function partsOf(line: string): { readonly permission: string | undefined; readonly place: string } {
  const [, permission, place = ""] = /^(\S+)(?: (.*))?$/.exec(line) ?? [];
  return { permission, place };
}

/** The bucket (where it is not the deployment's) and the key. */
function placeOf(text: string): { readonly bucket: string | undefined; readonly key: string } {
  const [, bucket, key] = /^oss:\/\/([a-z0-9][a-z0-9-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(text) ?? [];
  return bucket === undefined ? { bucket, key: text } : { bucket, key: key ?? "" };
}

/** A key may have blanks; the last two words are the file's type and size. */
function fileOf(text: string): { readonly key: string; readonly contentType: string; readonly size: string } {
  const [, key = text, contentType = "", size = ""] = /^(.*) (\S+) (\S+)$/.exec(text) ?? [];
  return { key, contentType, size };
}

function problemOfFile(place: string, is: string): Problem | undefined {
  const { contentType, size } = fileOf(place);
  if (contentType === "" || mediaTypeProblem(contentType) !== undefined)
    return {
      is: `${is}, which does not end in a file's type and size`,
      fix: `write all three: ${EXAMPLES.upload}`,
    };
  return bytesOf(size) === undefined
    ? {
        is: `${is}, whose size is not one`,
        fix: "write a whole number of bytes, kB, MB, GB, KiB, MiB or GiB, such as 2MB",
      }
    : undefined;
}

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

/** e.g. `2MB`; undefined when a text is not a size. */
function bytesOf(text: string): number | undefined {
  const [, digits = "", unit = ""] = /^(\d{1,13})([A-Za-z]*)$/.exec(text) ?? [];
  const factor = UNITS[unit];
  return digits === "" || factor === undefined ? undefined : Number(digits) * factor;
}
