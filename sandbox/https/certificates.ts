import { generateKeyPairSync } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";
import type { CertificateAuthority } from "./authority.ts";
import { pemOf } from "./pem.ts";

/** What a TLS server shows to a client that asks for a name. */
export interface ServerCertificate {
  readonly context: SecureContext;
  /** PEM. */
  readonly key: string;
  readonly cert: string;
}

/** Makes certificates when they are needed, and keeps some. */
export interface Certificates {
  /** `host`: a name in lower case. */
  for(host: string): Promise<ServerCertificate>;
}

/** Names. A context takes some ten kilobytes, and a client may ask for any bucket. */
const MAX_KEPT = 256;

/** Makes a certificate for each name at its first use. All of them have the same key, which is in memory only. */
export async function certificatesOf(authority: CertificateAuthority): Promise<Certificates> {
  const { publicKey, privateKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "der" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const certified = await crypto.subtle.importKey(
    "spki",
    publicKey,
    { name: "ECDSA", namedCurve: "P-256" },
    true,
    [],
  );
  const kept = new Map<string, Promise<ServerCertificate>>();
  const make = async (host: string): Promise<ServerCertificate> => {
    const pair = { key: privateKey, cert: pemOf(await authority.certify(host, certified)) };
    return { ...pair, context: createSecureContext(pair) };
  };
  return {
    for: (host) => {
      const certificate = kept.get(host) ?? make(host);
      // The last used name is the last one; the first one goes when there are too many.
      kept.delete(host);
      kept.set(host, certificate);
      if (kept.size > MAX_KEPT) kept.delete(kept.keys().next().value ?? "");
      return certificate;
    },
  };
}
