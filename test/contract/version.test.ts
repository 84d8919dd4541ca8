import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { VERSION } from "../../functions/http/version.ts";

it("what /healthz tells is the version of package.json", () => {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  expect(VERSION).toBe((JSON.parse(text) as { readonly version: string }).version);
});
