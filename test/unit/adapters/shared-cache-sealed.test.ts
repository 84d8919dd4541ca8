import { describe, expect, it } from "vitest";
import { credentialsOf, entryOf } from "../../../shared/adapters/shared-cache-sts/entry.ts";
import { sealWith } from "../../../shared/adapters/shared-cache-sts/sealed.ts";
import { CREDENTIALS } from "../../support/stubs.ts";

const KEY = Buffer.alloc(32, 1);
const OTHER_KEY = Buffer.alloc(32, 2);
const seal = sealWith(KEY);

describe("a sealed entry", () => {
  it("opens with its key and for its identity, each time sealed differently", () => {
    const one = seal.sealed("alice", "the text, 中文");
    const two = seal.sealed("alice", "the text, 中文");
    expect(one.equals(two)).toBe(false);
    expect([seal.opened("alice", one), seal.opened("alice", two)]).toEqual([
      "the text, 中文",
      "the text, 中文",
    ]);
  });

  it("does not open for another identity, or with another key", () => {
    const sealed = seal.sealed("alice", "text");
    expect(seal.opened("bob", sealed)).toBeUndefined();
    expect(seal.opened("alice ", sealed)).toBeUndefined();
    expect(sealWith(OTHER_KEY).opened("alice", sealed)).toBeUndefined();
  });

  it("does not open when any bit of it is another, or when a byte is missing or too many", () => {
    const sealed = seal.sealed("alice", "text");
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(seal.opened("alice", changed)).toBeUndefined();
    }
    for (let length = 0; length < sealed.length; length += 1)
      expect(seal.opened("alice", sealed.subarray(0, length))).toBeUndefined();
    expect(seal.opened("alice", Buffer.concat([sealed, Buffer.alloc(1)]))).toBeUndefined();
  });

  it("shows nothing of its text, its identity or its key", () => {
    const name = seal.nameOf("acs:ram::1234567890123456:role/oss alice");
    const all = Buffer.concat([seal.sealed("alice", "AccessKeySecret"), Buffer.from(name)]);
    for (const text of ["AccessKeySecret", "alice", "1234567890123456"])
      expect(all.includes(text)).toBe(false);
    expect(all.includes(KEY)).toBe(false);
  });

  it("has a name that only its key gives", () => {
    expect(seal.nameOf("alice")).toBe(sealWith(Buffer.alloc(32, 1)).nameOf("alice"));
    expect(seal.nameOf("alice")).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(
      new Set([seal.nameOf("alice"), seal.nameOf("bob"), sealWith(OTHER_KEY).nameOf("alice")]).size,
    ).toBe(3);
  });
});

describe("credentials as an entry", () => {
  it("come back as they were, without where they were kept", () => {
    expect(credentialsOf(entryOf({ ...CREDENTIALS, cachedIn: "memory" }))).toEqual(CREDENTIALS);
  });

  it.each([
    "",
    "null",
    "{}",
    "[]",
    '["id","secret","token",1]',
    '["id","secret","token",1,"request","more"]',
    '["","secret","token",1,"request"]',
    '["id","","token",1,"request"]',
    '["id","secret","",1,"request"]',
    '["id","secret",null,1,"request"]',
    '["id","secret","token","1","request"]',
    '["id","secret","token",1,2]',
  ])("are not %s", (text) => {
    expect(credentialsOf(text)).toBeUndefined();
  });
});
