import { expect, it } from "vitest";
import { commandsIn } from "../support/docs-commands/shell-commands.ts";

it.each<[string, readonly (readonly [Record<string, string>, ...string[]])[]]>([
  [
    "npm start   # says why\nnpm test",
    [
      [{}, "npm", "start"],
      [{}, "npm", "test"],
    ],
  ],
  ["A=1 B='x y' npx s deploy -a prod", [[{ A: "1", B: "x y" }, "npx", "s", "deploy", "-a", "prod"]]],
  ["export A=1 B=2", [[{ A: "1", B: "2" }]]],
  [
    "cd a && b | c; d &",
    [
      [{}, "cd", "a"],
      [{}, "b"],
      [{}, "c"],
      [{}, "d"],
    ],
  ],
  ['curl -d \'{"a": 1}\' \\\n  "$X/y#z"', [[{}, "curl", "-d", '{"a": 1}', "$X/y#z"]]],
  [
    'T=$(sign-in "a)" | cut)\nrun $T',
    [[{}, "sign-in", "a)"], [{}, "cut"], [{ T: "$()" }], [{}, "run", "$T"]],
  ],
  [
    'eval "$(npm run x)"',
    [
      [{}, "npm", "run", "x"],
      [{}, "$()"],
    ],
  ],
  [
    "cat > f <<'E'\nnot a command\nE\nls < f 2>&1",
    [
      [{}, "cat"],
      [{}, "ls"],
    ],
  ],
  [
    "until [ -s f ]; do sleep 1; done",
    [
      [{}, "[", "-s", "f", "]"],
      [{}, "sleep", "1"],
    ],
  ],
  [
    "t() { curl x; }",
    [
      [{}, "t"],
      [{}, "curl", "x"],
    ],
  ],
])("%j has the commands %j", (script, commands) => {
  expect(commandsIn(script).map(({ variables, words }) => [variables, ...words])).toEqual(commands);
});
