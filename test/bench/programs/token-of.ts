import { createHmac, createSecretKey } from "node:crypto";

/** In bytes, what RFC 7518 section 3.2 wants of HS256 and more. */
export const SECRET = "a secret of the benchmarks, of 32 bytes or more";

const KEY = createSecretKey(SECRET, "utf8");
const HEADER = part({ alg: "HS256", typ: "JWT" });

/** An App token of a user, valid for an hour. Made with little work: it shares the process with what is measured. */
export function tokenOf(user: string): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    sub: user,
    iss: "https://login.example.com/",
    aud: "photo-app",
    iat: now,
    exp: now + 3600,
  };
  const input = `${HEADER}.${part(claims)}`;
  return `${input}.${createHmac("sha256", KEY).update(input).digest("base64url")}`;
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
