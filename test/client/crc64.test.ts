import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { combined, crc64, crc64Of } from "../../client/src/upload/crc64.ts";
import { crc64 as ofSandbox } from "../../sandbox/oss/crc64.ts";
import { anyBytes } from "./any-bytes.ts";

/** By the sandbox, which was written apart. */
function expected(bytes: Uint8Array): bigint {
  const checksum = ofSandbox();
  checksum.update(bytes);
  return BigInt(checksum.digest());
}

function of(bytes: Uint8Array, before?: bigint): bigint {
  return crc64(bytes.slice().buffer, before);
}

describe("CRC-64 (ECMA-182, reflected)", () => {
  it("has the published check value", () => {
    // Source: CRC RevEng, catalogue, CRC-64/XZ: the check of "123456789".
    expect(of(new TextEncoder().encode("123456789"))).toBe(0x995dc9bbdf1939fan);
    expect(of(new Uint8Array())).toBe(0n);
  });

  it("is the sandbox's for any bytes, in one piece or in two", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, cut) => {
        const whole = expected(bytes);
        const [first, second] = [bytes.subarray(0, cut), bytes.subarray(cut)];
        expect(of(bytes)).toBe(whole);
        expect(of(second, of(first))).toBe(whole);
        expect(combined(of(first), of(second), second.length)).toBe(whole);
      }),
    );
  });

  it("is combined over parts of a file that is larger than 4 GiB as for small ones", () => {
    // A second half of zeros alone: its own checksum over so many bytes is what the combination with nothing gives.
    const zeros = (bytes: number) => combined(0xffff_ffff_ffff_ffffn, 0xffff_ffff_ffff_ffffn, bytes);
    const size = 5 * 2 ** 32 + 3;
    expect(zeros(1000)).toBe(of(new Uint8Array(1000)));
    expect(combined(zeros(size), zeros(size), size)).toBe(zeros(2 * size));
  });

  it("reads a blob step by step, also one that does not end with a step", async () => {
    const bytes = anyBytes(2 * 1024 * 1024 + 13);
    expect(await crc64Of(new Blob([bytes]))).toBe(expected(bytes));
    expect(await crc64Of(new Blob([]))).toBe(0n);
  });
});
