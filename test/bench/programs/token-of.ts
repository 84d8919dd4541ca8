import jwt from "jsonwebtoken";

/** In bytes, what RFC 7518 section 3.2 wants of HS256 and more. */
export const SECRET = "a secret of the benchmarks, of 32 bytes or more";

/** An App token of a user, valid for an hour. */
export function tokenOf(user: string): string {
  return jwt.sign({ sub: user }, SECRET, {
    issuer: "https://login.example.com/",
    audience: "photo-app",
    expiresIn: 3600,
  });
}
