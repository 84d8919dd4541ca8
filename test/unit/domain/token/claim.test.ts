import { describe, expect, it } from "vitest";
import { claimAt } from "../../../../shared/domain/token/claim.ts";

const APP = "https://claims.example.com/app";

describe("the path of a claim", () => {
  it.each<[string, string, Readonly<Record<string, unknown>>, unknown]>([
    ["a name", "sub", { sub: "u1" }, "u1"],
    ["a part of a claim", "a.b", { a: { b: 1 } }, 1],
    ["a name with a dot", "a.b", { "a.b": 1 }, 1],
    ["below a name with dots, slashes and colons", `${APP}.org`, { [APP]: { org: "o7" } }, "o7"],
    ["a dash below it", `${APP}.default-role`, { [APP]: { "default-role": "member" } }, "member"],
    ["a name with a port and a query", "https://a.b:8443/c?d=e.f", { "https://a.b:8443/c?d=e": { f: 1 } }, 1],
    ["a name with a colon, and a level below", "custom:app.team", { "custom:app": { team: "red" } }, "red"],
    ["names with dots at two levels", "a.b.c.d", { "a.b": { "c.d": 1 } }, 1],
    ["a value of another kind, as it is", "a.b", { a: { b: [1, { c: 2 }] } }, [1, { c: 2 }]],
    ["null, which is a value", "a.b", { a: { b: null } }, null],
  ])("%s", (_what, path, claims, value) => {
    expect(claimAt(claims, path)).toEqual(value);
  });
});

describe("J12: of several names that a path could begin with, the longest is the one", () => {
  it.each<[string, string, Readonly<Record<string, unknown>>, unknown]>([
    ["the whole path before its parts", "a.b", { "a.b": 1, a: { b: 2 } }, 1],
    ["two names before one", "a.b.c", { "a.b": { c: 1 }, a: { "b.c": 2, b: { c: 3 } } }, 1],
    ["at the second level too", "x.a.b", { x: { "a.b": 1, a: { b: 2 } } }, 1],
    [
      "whatever the order of the claims",
      `${APP}.org`,
      { "https://claims": { "example.com/app": { org: "other" } }, [APP]: { org: "o7" } },
      "o7",
    ],
  ])("%s", (_what, path, claims, value) => {
    expect(claimAt(claims, path)).toBe(value);
    expect(claimAt(Object.fromEntries(Object.entries(claims).reverse()), path)).toBe(value);
  });

  it.each<[string, string, Readonly<Record<string, unknown>>]>([
    ["a text", "a.b.c", { "a.b": "text", a: { b: { c: 1 } } }],
    ["null", "a.b.c", { "a.b": null, a: { b: { c: 1 } } }],
    ["a list", "a.b.c", { "a.b": [], a: { b: { c: 1 } } }],
    ["an object without the rest", "a.b.c", { "a.b": {}, a: { b: { c: 1 } } }],
  ])("and no shorter one is tried where the longest leads to %s", (_what, path, claims) => {
    expect(claimAt(claims, path)).toBeUndefined();
  });
});

describe("what a path does not find", () => {
  it.each<[string, string, Readonly<Record<string, unknown>>]>([
    ["the entry of a list", "a.0", { a: ["x"] }],
    ["the length of a list", "a.length", { a: ["x"] }],
    ["the length of a text", "a.length", { a: "x" }],
    ["what every object inherits", "a.constructor", { a: {} }],
    ["what every object inherits, at the top", "constructor.name", {}],
    ["the prototype", "__proto__.a", { a: 1 }],
    ["a name in another case", "A.b", { a: { b: 1 } }],
    ["a name that the path's name only begins with", "team", { teams: "red" }],
    ["a name that begins the path, but not up to a dot", "teams.red", { team: { "s.red": 1, red: 1 } }],
    ["a slash in place of a dot", "a/b", { a: { b: 1 } }],
    ["an empty name between dots", "a..b", { a: { "": { b: 1 } } }],
    ["an empty path", "", { "": 1 }],
    ["what is behind a dot at the end", "a.", { a: { "": 1 } }],
  ])("%s", (_what, path, claims) => {
    expect(claimAt(claims, path)).toBeUndefined();
  });
});
