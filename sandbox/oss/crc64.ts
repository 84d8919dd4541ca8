/** CRC-64 of ECMA-182, bits reflected, as the x-oss-hash-crc64ecma header has it. */
export interface Crc64 {
  update(bytes: Uint8Array): void;
  /** Decimal, unsigned. */
  digest(): string;
}

/** Starts anew, or goes on from the decimal checksum of the bytes before. */
export function crc64(from = "0"): Crc64 {
  const start = BigInt.asUintN(64, ~BigInt(from));
  let low = Number(start & 0xffffffffn) | 0;
  let high = Number(start >> 32n) | 0;
  return {
    update: (bytes) => {
      const wholeEnd = bytes.length - (bytes.length % 8);
      let at = 0;
      // Eight bytes a step, a table for each of them: byte by byte is four times slower.
      for (; at < wholeEnd; at += 8) {
        const first = low ^ word(bytes, at);
        const second = high ^ word(bytes, at + 4);
        low =
          table(LOW, 7, first) ^
          table(LOW, 6, first >>> 8) ^
          table(LOW, 5, first >>> 16) ^
          table(LOW, 4, first >>> 24) ^
          table(LOW, 3, second) ^
          table(LOW, 2, second >>> 8) ^
          table(LOW, 1, second >>> 16) ^
          table(LOW, 0, second >>> 24);
        high =
          table(HIGH, 7, first) ^
          table(HIGH, 6, first >>> 8) ^
          table(HIGH, 5, first >>> 16) ^
          table(HIGH, 4, first >>> 24) ^
          table(HIGH, 3, second) ^
          table(HIGH, 2, second >>> 8) ^
          table(HIGH, 1, second >>> 16) ^
          table(HIGH, 0, second >>> 24);
      }
      for (; at < bytes.length; at += 1) {
        const index = (low ^ (bytes[at] ?? 0)) & 0xff;
        low = ((low >>> 8) | (high << 24)) ^ table(LOW, 0, index);
        high = (high >>> 8) ^ table(HIGH, 0, index);
      }
    },
    digest: () => {
      const value = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
      return BigInt.asUintN(64, ~value).toString();
    },
  };
}

/** 0x42F0E1EBA9EA3693 with its bits reversed. Source: ECMA-182, annex B. */
const POLYNOMIAL = 0xc96c5795d7870f42n;

/** Eight tables of 256 entries, one after the other: table k is for a byte that k bytes follow. */
const LOW = new Int32Array(8 * 256);
const HIGH = new Int32Array(8 * 256);

for (let byte = 0; byte < 256; byte += 1) {
  let value = BigInt(byte);
  for (let bit = 0; bit < 8; bit += 1) value = (value & 1n) === 0n ? value >> 1n : (value >> 1n) ^ POLYNOMIAL;
  LOW[byte] = Number(value & 0xffffffffn) | 0;
  HIGH[byte] = Number(value >> 32n) | 0;
}
for (let at = 256; at < 8 * 256; at += 1) {
  const low = LOW[at - 256] ?? 0;
  const high = HIGH[at - 256] ?? 0;
  LOW[at] = ((low >>> 8) | (high << 24)) ^ table(LOW, 0, low);
  HIGH[at] = (high >>> 8) ^ table(HIGH, 0, low);
}

function table(values: Int32Array, number: number, byte: number): number {
  return values[(number << 8) | (byte & 0xff)] ?? 0;
}

/** Four bytes, the lowest first. */
function word(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24)
  );
}
