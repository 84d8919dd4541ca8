import type { Problem } from "../problem.ts";

/** What is wrong with a claim's path, and the path that is probably right; `instead` is undefined when nobody can tell. */
export interface FlawOfPath {
  readonly because: string;
  readonly instead: string | undefined;
}

/**
 * Why a text cannot be the path of a claim; undefined when it can. A path is names with dots between them, and a name may
 * have dots, slashes and colons of its own: which dots separate names is decided by each token
 * (shared/domain/token/claim.ts), not here.
 */
export function flawOfClaimPath(text: string): FlawOfPath | undefined {
  const because = reasonAgainst(text);
  if (because === undefined) return undefined;
  const instead = repaired(text);
  return { because, instead: reasonAgainst(instead) === undefined ? instead : undefined };
}

/** Why a text cannot be a claim in `when`, `user` or `requiredClaims`, where nothing is hashed. */
export function claimProblem(text: string): Problem | undefined {
  const name = /^(.+):hash$/s.exec(text)?.[1];
  const flaw =
    name === undefined || text.includes("{")
      ? flawOfClaimPath(text)
      : { because: ":hash is for prefixes", instead: reasonAgainst(name) === undefined ? name : undefined };
  if (flaw === undefined) return undefined;
  return {
    is: text === "" ? flaw.because : `is ${JSON.stringify(text)}: ${flaw.because}`,
    fix: flaw.instead === undefined ? "write a claim's name" : `write ${flaw.instead}`,
  };
}

function reasonAgainst(path: string): string | undefined {
  if (path === "") return "is empty";
  if (/[{}]/.test(path)) return "braces are for prefixes";
  if (path.trim() !== path) return "has spaces around it";
  if (/[\p{Cc}\u2028\u2029]/u.test(path)) return "has a control character";
  if (/\*|\+$/.test(path)) return "has a wildcard, but a path names one claim";
  if (path.startsWith("$")) return "a path begins with a claim's name, without $";
  if (/\[[^\]]*\]/.test(path)) return "a path has dots, not brackets, and a list needs no number";
  return /^\.|\.\.|\.$/.test(path) ? "has a dot without a name beside it" : undefined;
}

/** `$.a["b"][0].c` → `a.b.c` */
function repaired(text: string): string {
  return text
    .replace(/[{}]/g, "")
    .replace(/:hash$/, "")
    .trim()
    .replace(/^\$/, "")
    .replace(
      /\[(?:"([^"\]]*)"|'([^'\]]*)'|(?:\d+|\*)?|([^\]]*))\]/g,
      (_all, ...names: readonly unknown[]) => {
        const name = names.slice(0, 3).find((one) => typeof one === "string");
        return `.${typeof name === "string" ? name : ""}`;
      },
    )
    .split(".")
    .filter((name) => name !== "")
    .join(".");
}
