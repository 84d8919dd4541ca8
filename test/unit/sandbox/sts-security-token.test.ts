import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sandboxClock } from "../../../sandbox/clock.ts";
import { openSecurityToken, sealSecurityToken } from "../../../sandbox/sts/security-token.ts";
import { seenNonces } from "../../../sandbox/sts/seen-nonces.ts";
import { emptyWorld } from "../../../sandbox/world.ts";

const world = emptyWorld(sandboxClock());

const CONTENT = {
  accessKeyId: "STS.abc",
  accountId: "1234567890123456",
  role: "RamOssTest",
  sessionName: "alice",
  policy: '{"Version":"1","Statement":[]}',
  expiresMs: 1_800_000_000_000,
};

describe("a security token", () => {
  it("gives back what was sealed into it", () => {
    expect(openSecurityToken(world, sealSecurityToken(world, CONTENT))).toEqual(CONTENT);
  });

  it("is never the same twice, and shows nothing of its content", () => {
    const [one, other] = [sealSecurityToken(world, CONTENT), sealSecurityToken(world, CONTENT)];
    expect(one).not.toBe(other);
    expect(Buffer.from(one.slice(4), "base64").toString("latin1")).not.toContain("alice");
  });

  it("is not opened by another world", () => {
    const elsewhere = emptyWorld(sandboxClock());
    expect(openSecurityToken(elsewhere, sealSecurityToken(world, CONTENT))).toBeUndefined();
  });

  it("is not opened once a single character of it is another, is missing, or is one too many", () => {
    const token = sealSecurityToken(world, CONTENT);
    const position = fc.integer({ min: 0, max: token.length - 1 });
    const character = fc.constantFrom(..."ABCxyz019+/= \n-_");
    fc.assert(
      fc.property(position, character, fc.constantFrom("replace", "insert", "drop"), (at, text, how) => {
        const rest = token.slice(how === "insert" ? at : at + 1);
        const changed = token.slice(0, at) + (how === "drop" ? "" : text) + rest;
        fc.pre(changed !== token);
        expect(openSecurityToken(world, changed)).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });
});

describe("seen nonces", () => {
  it("are kept as long as a request with them would be fresh, and forgotten then", () => {
    let nowMs = 0;
    const nonces = seenNonces((timestampMs) => nowMs - timestampMs > 900_000);
    nonces.add("LTAI", "first", 0);
    nowMs = 900_000;
    for (let at = 0; at < 1000; at++) nonces.add("LTAI", `n${at}`, nowMs);
    expect(nonces.has("LTAI", "first")).toBe(true);
    nowMs = 900_001;
    for (let at = 0; at < 1001; at++) nonces.add("LTAI", `m${at}`, nowMs);
    expect(nonces.has("LTAI", "first")).toBe(false);
    expect(nonces.has("LTAI", "n0")).toBe(true);
  });
});
