import { describe, expect, it } from "vitest";
import { type Declaration, type Plant, placeOf } from "../../../scripts/planted/place.ts";

const TEXT = `function allows(user) {
  if (user === undefined) return no("who");
  return isKnown(
    user,
    today,
  );
}`;
const allows: Declaration = { file: "shared/gate.ts", at: 100, text: TEXT };
const plant: Plant = { in: "allows", find: "user === undefined", replace: "false" };

describe("placeOf", () => {
  const declarations = new Map([["allows", [allows]]]);

  it("finds the text in the declaration, wherever its file is", () => {
    const at = 100 + TEXT.indexOf("user === undefined");
    expect(placeOf(plant, declarations)).toEqual({
      ok: true,
      place: { file: "shared/gate.ts", at, text: "user === undefined" },
    });
  });

  it.each([
    ["line breaks", "return isKnown( user, today );"],
    ["a comma before the closing bracket", "return isKnown(user, today,);"],
  ])("does not count %s", (_what, find) => {
    expect(placeOf({ ...plant, find }, declarations)).toMatchObject({
      ok: true,
      place: { text: "return isKnown(\n    user,\n    today,\n  );" },
    });
  });

  it.each<[string, Partial<Plant>, string]>([
    [
      "a name that is nowhere",
      { in: "forbids" },
      "forbids: no top-level function, constant or class has this name",
    ],
    [
      "a file that lacks the name",
      { in: "door.ts#allows" },
      "door.ts#allows: no top-level function, constant or class has this name",
    ],
    [
      "a text that is not there",
      { find: "user === null" },
      "allows: shared/gate.ts does not have the text of find",
    ],
    ["no text", { find: " " }, "allows: shared/gate.ts does not have the text of find"],
    [
      "a text that is there twice",
      { find: "return" },
      "allows: shared/gate.ts has the text of find more than once; write more of it",
    ],
    [
      "a change of white space alone",
      { replace: "user===undefined" },
      "allows: find and replace are the same",
    ],
  ])("refuses %s", (_what, change, problem) => {
    expect(placeOf({ ...plant, ...change }, declarations)).toEqual({ ok: false, problem });
  });

  describe("of a name that two files have", () => {
    const both = new Map([
      [
        "allows",
        [
          { ...allows, file: "cli/gate.ts" },
          { ...allows, file: "cli/other-gate.ts" },
        ],
      ],
    ]);

    it("wants the end of the path", () => {
      expect(placeOf(plant, both)).toEqual({
        ok: false,
        problem:
          "allows: the name stands in cli/gate.ts, cli/other-gate.ts; write the end of the path before it, as in file.ts#allows",
      });
    });

    it("takes the file whose path ends so", () => {
      expect(placeOf({ ...plant, in: "gate.ts#allows" }, both)).toMatchObject({
        ok: true,
        place: { file: "cli/gate.ts" },
      });
    });
  });
});
