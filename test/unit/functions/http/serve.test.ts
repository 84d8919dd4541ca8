import { expect, it } from "vitest";
import { guardFrom } from "../../../../functions/http/serve.ts";

const OUTSIDE = { inFunctionCompute: false, allowedOrigins: [] };

it("H12: bad tokens are counted by address outside Function Compute alone, where each caller has an address", () => {
  expect(guardFrom("peer", OUTSIDE)).toBeDefined();
  expect(guardFrom("peer", { ...OUTSIDE, inFunctionCompute: true })).toBeUndefined();
  expect(guardFrom("off", OUTSIDE)).toBeUndefined();
});
