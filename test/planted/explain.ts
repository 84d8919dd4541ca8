import type { Bug } from "./bug.ts";

/** What the client package tells about errors. */
export const explainBugs: readonly Bug[] = [
  {
    name: "any text in the place of an EC becomes a part of an address",
    in: "explainOssError",
    find: `/^\\d{4}-\\d{8}$/.exec(textIn(inner, "ec", "ecCode", "EC") ?? "")?.[0]`,
    replace: `textIn(inner, "ec", "ecCode", "EC")`,
    killedBy: ["client/explain-oss-error"],
  },
  {
    name: "the explanation of an unknown error repeats its message, which may hold keys",
    in: "explainOssError",
    find: `const [cause, fix] = texts[row ?? ""];`,
    replace: `const [cause, fix] = row === undefined ? [textIn(error, "message") ?? "", ""] : texts[row];`,
    killedBy: ["client/explain-oss-error"],
  },
];
