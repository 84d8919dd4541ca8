import { strictJsonObjectFrom } from "../../../shared/domain/token/strict-json.ts";
import { type FuzzTarget, law } from "../engine/target.ts";
import { referenceJson } from "../support/reference-json.ts";

/**
 * The strict reader of JSON in tokens and bodies, against a second reader that is written apart from it and goes by the
 * letter of RFC 8259: both accept the same bytes, and give the same object.
 */
export const target: FuzzTarget = {
  name: "strict-json",
  seeds: [
    '{"iss":"https://login.example.com/","aud":["a","b"],"exp":1795428600,"n":-1.5e-3,"t":true,"f":false,"z":null}',
    '{"a":{"a":1,"b":{"a":[{"a":"\\u0061\\"\\\\\\/\\b\\f\\n\\r\\t"}]}}}',
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '{"__proto__":{"sub":"alice"}}',
    '{"a:b":":","c\\":":"{:"}',
    "\ufeff{}",
    " {} ",
    `{"a":${"[".repeat(31)}1${"]".repeat(31)}}`,
    `{"a":${"[".repeat(32)}${"]".repeat(32)}}`,
    Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
    '{"\ud83d\ude00":"\\ud83d"}',
  ],
  dictionary: ["__proto__", "\\u005f", "\\ud800", "1e999", "-0", '":', ",", '\\"'],
  mutate: (input, { random, json, bytes }) => (random.oneIn(2) ? json(input) : bytes(input)),
  run: (input) => {
    const read = strictJsonObjectFrom(input);
    const reference = referenceJson(input);
    law("both readers accept the same bytes", (read === undefined) === (reference === undefined), () => ({
      ours: read !== undefined,
      reference: reference !== undefined,
    }));
    if (read === undefined) return;
    law("the object has no prototype", Object.getPrototypeOf(read) === null);
    law("both readers give the same object", JSON.stringify(read) === JSON.stringify(reference));
  },
};
