/** So many bytes, always the same ones, without a period: no two parts of a file are alike. */
export function anyBytes(count: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(count);
  let state = 1;
  for (let at = 0; at < count; at += 1) {
    // The "minimal standard" generator of Park and Miller.
    state = (state * 48_271) % 2_147_483_647;
    bytes[at] = state >> 8;
  }
  return bytes;
}
