import { describe, expect, it } from "vitest";
import { strictJsonObjectFrom } from "../../../../shared/domain/token/strict-json.ts";

const read = (text: string) => strictJsonObjectFrom(Buffer.from(text));

describe("strictJsonObjectFrom", () => {
  it.each([
    "{}",
    ' { "a" : [ { "a" : 1 } , { "a" : 2 } ] , "b" : { "a" : null } } ',
    '{"a":"b:c","d:e":"\\":","f":":\\\\"}',
    '{"a":"","":"a"}',
    '{"a":{"a":{"a":{}}}}',
    '{"constructor":1,"toString":2,"hasOwnProperty":3}',
    '{"a":"\\ud800"}',
    '{"1":1,"0":0}',
  ])("reads %s as JSON.parse does", (text) => {
    expect({ ...read(text) }).toEqual(JSON.parse(text));
  });

  it.each([
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":1}',
    '{"a":{"b":1,"b":2}}',
    '{"a":[[{"b":1},{"b":1,"b":2}]]}',
    '{"a":"\\"","a":":"}',
    '{"a":":","a":2}',
    '{"1":0,"1":1}',
    '{"__proto__":null}',
    '{"a":{"__proto__":1}}',
    '{"__proto__":1,"__proto__":2}',
    "",
    "[]",
    "null",
    '"{}"',
    "\ufeff{}",
    "{}{}",
    '{"a":1,}',
    "{'a':1}",
    '{"a":01}',
  ])("refuses %s", (text) => {
    expect(read(text)).toBeUndefined();
  });

  it("gives an object without a prototype", () => {
    expect(Object.getPrototypeOf(read("{}"))).toBeNull();
  });

  it("reads 32 levels, and not 33", () => {
    const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
    expect(read(deep(32))).toBeDefined();
    expect(read(deep(33))).toBeUndefined();
  });
});
