import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ContentStore, contentStore } from "../../../sandbox/oss/content-store.ts";
import { crc64 } from "../../../sandbox/oss/crc64.ts";
import { boundaryFrom, formParts } from "../../../sandbox/oss/form-data.ts";

describe("CRC-64", () => {
  it("gives the check value of CRC-64/XZ", () => {
    // Source: "Catalogue of parametrised CRC algorithms", CRC-64/XZ, check of "123456789": 995dc9bbdf1939fa.
    expect(checksumOf(Buffer.from("123456789"))).toBe(0x995dc9bbdf1939fan.toString());
    expect(checksumOf(Buffer.alloc(0))).toBe("0");
  });

  it("is the same in one piece, in several, and continued from a checksum", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(60), (bytes, at) => {
        const parts = crc64();
        parts.update(bytes.subarray(0, at));
        const continued = crc64(parts.digest());
        parts.update(bytes.subarray(at));
        continued.update(bytes.subarray(at));
        expect([parts.digest(), continued.digest()]).toEqual([naiveCrc64(bytes), naiveCrc64(bytes)]);
      }),
    );
  });
});

describe("a content store", () => {
  it.each([0, 1, 262_144, 262_145, 1_000_000])("gives back %i bytes, whole and in part", async (size) => {
    const store = contentStore();
    const bytes = randomBytes(size);
    const stored = await store.write(chunked(bytes, 70_000));
    expect(stored.content).toMatchObject({ size, kind: size > 262_144 ? "file" : "memory" });
    expect(stored.md5).toEqual(createHash("md5").update(bytes).digest());
    expect(stored.crc64).toBe(checksumOf(bytes));
    expect((await allOf(store, stored.content)).equals(bytes)).toBe(true);
    const [from, to] = [Math.floor(size / 3), Math.floor(size / 2)];
    expect((await allOf(store, stored.content, from, to)).equals(bytes.subarray(from, to))).toBe(true);
    store.removeAll();
  });

  it("leaves nothing of what was refused or broke off", async () => {
    const store = contentStore();
    const kept = await store.write(chunked(randomBytes(300_000), 70_000));
    const directory = kept.content.kind === "file" ? kept.content.path.replace(/\/[^/]*$/, "") : "";
    const refused = store.write(chunked(randomBytes(900_000), 70_000), (size) => {
      if (size > 500_000) throw new Error("too large");
    });
    await expect(refused).rejects.toThrow("too large");
    const { readdirSync } = await import("node:fs");
    expect(readdirSync(directory)).toHaveLength(1);
    store.discard(kept.content);
    expect(readdirSync(directory)).toHaveLength(0);
    store.removeAll();
    expect(existsSync(directory)).toBe(false);
  });

  it("lets whoever reads read on, when the content is discarded", async () => {
    const store = contentStore();
    const bytes = randomBytes(400_000);
    const { content } = await store.write(chunked(bytes, 70_000));
    const reading = store.read(content);
    store.discard(content);
    const got: Buffer[] = [];
    for await (const chunk of reading as AsyncIterable<Buffer>) got.push(chunk);
    expect(Buffer.concat(got).equals(bytes)).toBe(true);
    store.removeAll();
  });
});

describe("a form", () => {
  it("is read the same, however its bytes are cut into chunks", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ name: fc.stringMatching(/^[a-z]{1,5}$/), value: NEARLY_A_BOUNDARY }), {
          maxLength: 4,
        }),
        fc.integer({ min: 1, max: 40 }),
        async (fields, size) => {
          const text = `${fields
            .map(
              ({ name, value }) =>
                `--bound\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
            )
            .join("")}--bound--\r\n`;
          const read: { name: string; value: string }[] = [];
          for await (const { name, bytes } of formParts(chunked(Buffer.from(text), size), "bound")) {
            const chunks: Uint8Array[] = [];
            for await (const chunk of bytes) chunks.push(chunk);
            read.push({ name, value: Buffer.concat(chunks).toString() });
          }
          expect(read).toEqual(fields);
        },
      ),
    );
  });

  it.each([
    ["multipart/form-data; boundary=abc", "abc"],
    ['multipart/form-data; charset=utf-8; boundary="a b"', "a b"],
    ["Multipart/Form-Data;boundary=----x", "----x"],
  ])("tells its boundary: %s", (contentType, boundary) => {
    expect(boundaryFrom(contentType)).toBe(boundary);
  });
});

/** Values that look like the beginning of the end. */
const NEARLY_A_BOUNDARY = fc
  .array(fc.constantFrom("\r\n", "--", "boun", "\r\n--boun", "x", "\n", "\r"), { maxLength: 6 })
  .map((parts) => parts.join(""))
  .filter((value) => !`\r\n${value}\r\n`.includes("\r\n--bound"));

function checksumOf(bytes: Uint8Array): string {
  const checksum = crc64();
  checksum.update(bytes);
  return checksum.digest();
}

function naiveCrc64(bytes: Uint8Array): string {
  let value = 0xffffffffffffffffn;
  for (const byte of bytes) {
    value ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit += 1) {
      value = (value & 1n) === 0n ? value >> 1n : (value >> 1n) ^ 0xc96c5795d7870f42n;
    }
  }
  return (value ^ 0xffffffffffffffffn).toString();
}

async function* chunked(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function allOf(
  store: ContentStore,
  content: Parameters<ContentStore["read"]>[0],
  start?: number,
  end?: number,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of store.read(content, start, end) as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
