import { sign } from "node:crypto";
import { newKeyPair } from "./key-pairs.ts";

/** A key and a certificate that no authority has signed, PEM, from yesterday on, by default valid for a day. */
export function selfSignedCertificate(
  host = "localhost",
  validDays = 1,
): { readonly key: string; readonly cert: string } {
  const { publicKey, privateKey } = newKeyPair("P-256");
  const name = der(0x30, der(0x31, der(0x30, der(0x06, Buffer.from("550403", "hex")), der(0x0c, host))));
  const validity = der(0x30, utcTime(Date.now() - DAY_MS), utcTime(Date.now() + validDays * DAY_MS));
  // X.509 version 1: serial, algorithm, issuer, validity, subject, key. Source: RFC 5280 section 4.1.
  const certificate = der(
    0x30,
    der(0x02, Buffer.from([1])),
    ECDSA_WITH_SHA256,
    name,
    validity,
    name,
    publicKey.export({ type: "spki", format: "der" }),
  );
  const signature = sign("sha256", certificate, privateKey);
  const signed = der(0x30, certificate, ECDSA_WITH_SHA256, der(0x03, Buffer.from([0]), signature));
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${signed.toString("base64")}\n-----END CERTIFICATE-----\n`,
  };
}

function der(tag: number, ...contents: readonly (Buffer | string)[]): Buffer {
  const content = Buffer.concat(contents.map((part) => Buffer.from(part)));
  const length = content.length < 128 ? [content.length] : [0x82, content.length >> 8, content.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

function utcTime(ms: number): Buffer {
  return der(0x17, `${new Date(ms).toISOString().replace(/[-:T]/g, "").slice(2, 14)}Z`);
}

const DAY_MS = 86_400_000;

/** OID 1.2.840.10045.4.3.2. */
const ECDSA_WITH_SHA256 = der(0x30, der(0x06, Buffer.from("2a8648ce3d040302", "hex")));
