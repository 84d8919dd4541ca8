import { PERMISSIONS } from "../ram/ram-policy.ts";
import type { AccessPromise } from "./rule.ts";
import { nearest } from "./shape.ts";

/** Why a line is no promise, and what to write instead; undefined where it is one. */
export function promiseProblem(value: string): string | undefined {
  const [, permission, , key = ""] = PROMISE.exec(value) ?? [];
  const known = PERMISSIONS.some((candidate) => candidate === permission);
  if (known && key.startsWith("/"))
    return `is ${JSON.stringify(value)}; keys do not begin with "/": write ${permission} ${key.replace(/^\/+/, "")}`;
  if (known && key.trim() !== key)
    return `is ${JSON.stringify(value)}, whose key has blanks around it; write ${permission} ${key.trim()}`;
  // Such a key is nobody's: a promise about it is kept whatever the rules say.
  if (known && /\{[\w.:-]+\}/.test(key))
    return `is ${JSON.stringify(value)}; a promise names a key as it is: write ${permission} users/alice/a.jpg`;
  if (known && key.startsWith("oss://"))
    return `is ${JSON.stringify(value)}; write oss://, a bucket's name, and a key: ${permission} oss://examplebucket/a.jpg`;
  if (known && (key !== "" || permission === "list")) return undefined;
  const near = permission === undefined ? undefined : nearest(permission, PERMISSIONS);
  return `is ${JSON.stringify(value)}; write a permission and a key, such as ${near ?? "read"} users/alice/a.jpg`;
}

/** Reads a line that {@link promiseProblem} has found to be a promise. */
export function promiseFrom(line: string): AccessPromise {
  const [, name, bucket, key] = PROMISE.exec(line) ?? [];
  const permission = PERMISSIONS.find((candidate) => candidate === name);
  if (permission === undefined) throw new Error("unreachable: the promise was not checked");
  return { text: line, permission, bucket, key: key ?? "" };
}

/** Permission, bucket (where it is not the deployment's), key. */
const PROMISE = /^(\S+)(?: (?:oss:\/\/([a-z0-9][a-z0-9-]{1,61}[a-z0-9])(?:\/|$))?(.*))?$/;
