import { generateKeyPairSync } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Not in the repository: each checkout makes its own. */
const FOLDER = join(import.meta.dirname, "../../node_modules/.cache/test-keys");

/**
 * The RSA private key of this name, PKCS #8 in DER: made at the first use in this checkout and kept. To make one costs a
 * quarter of a second of CPU (26 measured on two busy cores), and dozens of test files need one.
 */
export function keptRsaKey(name: string, modulusLength: number): Buffer {
  const path = join(FOLDER, `rsa-${modulusLength}-${name}.der`);
  return kept(path) ?? made(path, modulusLength);
}

function kept(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** Test files run at the same time: the first one to make the key wins, and its file is whole when it appears. */
function made(path: string, modulusLength: number): Buffer {
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength,
    publicKeyEncoding: { type: "spki", format: "der" },
    privateKeyEncoding: { type: "pkcs8", format: "der" },
  });
  mkdirSync(FOLDER, { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, privateKey, { mode: 0o600 });
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  rmSync(draft);
  return readFileSync(path);
}
