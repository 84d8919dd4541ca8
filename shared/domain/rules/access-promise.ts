import type { Problem } from "../problem.ts";
import { PERMISSIONS } from "../ram/ram-policy.ts";
import { nearest } from "./nearest.ts";
import type { AccessPromise } from "./rule.ts";

/** Why a line is not a promise; undefined when it is one. */
export function promiseProblem(value: string): Problem | undefined {
  const [, permission, , key = ""] = PROMISE.exec(value) ?? [];
  const known = PERMISSIONS.some((candidate) => candidate === permission);
  const is = `is ${JSON.stringify(value)}`;
  if (known && key.startsWith("/"))
    return {
      is: `${is}, but keys do not begin with "/"`,
      fix: `write ${permission} ${key.replace(/^\/+/, "")}`,
    };
  if (known && key.trim() !== key)
    return { is: `${is}, whose key has spaces around it`, fix: `write ${permission} ${key.trim()}` };
  // No user has such a key: a promise about it would hold whatever the rules say.
  if (known && /\{[\w.:-]+\}/.test(key))
    return {
      is: `${is}, but a promise names one real key, without placeholders`,
      fix: `write ${permission} users/alice/a.jpg`,
    };
  if (known && key.startsWith("oss://"))
    return {
      is,
      fix: `write oss://, a bucket's name and a key: ${permission} oss://examplebucket/a.jpg`,
    };
  if (known && (key !== "" || permission === "list")) return undefined;
  const near = permission === undefined ? undefined : nearest(permission, PERMISSIONS);
  return { is, fix: `write a permission and a key, such as ${near ?? "read"} users/alice/a.jpg` };
}

/** Reads a line in which {@link promiseProblem} finds no problem. */
export function promiseFrom(line: string): AccessPromise {
  const [, name, bucket, key] = PROMISE.exec(line) ?? [];
  const permission = PERMISSIONS.find((candidate) => candidate === name);
  if (permission === undefined) throw new Error("unreachable: the promise was not checked");
  return { text: line, permission, bucket, key: key ?? "" };
}

/** Permission, bucket (where it is not the deployment's), key. */
const PROMISE = /^(\S+)(?: (?:oss:\/\/([a-z0-9][a-z0-9-]{1,61}[a-z0-9])(?:\/|$))?(.*))?$/;
