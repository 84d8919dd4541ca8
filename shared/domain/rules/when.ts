import { claimProblem } from "./claim-path.ts";
import { mapOf, oneOrList, type Shape, scalar } from "./shape.ts";

/** Everybody with a valid token. The one word that `when` takes in place of claims. */
export const SIGNED_IN = "signed-in";

const CLAIMS = mapOf(oneOrList(scalar({ example: "editor" }), { example: "[red, blue]" }), {
  example: "{ role: editor }",
  problemOfName: claimProblem,
});

/** A rule's `when`: claims and their values, or `signed-in`. */
export const WHEN: Shape<ReadonlyMap<string, readonly (string | number | boolean)[]> | typeof SIGNED_IN> = {
  parse: (value, path, problems) => {
    if (value === SIGNED_IN) return SIGNED_IN;
    if (value !== true && typeof value !== "string") return CLAIMS.parse(value, path, problems);
    const isEverybody = value === true || EVERYBODY.test(value);
    problems.push({
      path,
      is: `is ${JSON.stringify(value)}`,
      fix: isEverybody
        ? `write ${SIGNED_IN}, for everybody who has signed in`
        : `write names and values: { role: editor }, or ${SIGNED_IN} for everybody who has signed in`,
    });
    return undefined;
  },
  schema: { anyOf: [{ const: SIGNED_IN }, CLAIMS.schema] },
};

/** Words for it in other products, and in other spellings. */
const EVERYBODY =
  /^(\*|true|all|any(one|body)?|every(one|body)|(all |any )?users?|(all)?authenticated([ _-]?users?)?|(signed|logged)?[ _-]*in|signed[ _-]?in|public)$/i;
