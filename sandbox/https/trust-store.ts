import { BmpString, ObjectIdentifier } from "asn1js";
import { Attribute, AuthenticatedSafe, CertBag, Certificate, PFX, SafeBag, SafeContents } from "pkijs";

/** The usual one of Java. It protects nothing: the store holds a certificate, which is no secret. */
export const TRUST_STORE_PASSWORD = "changeit";

/** A trust store for Java (PKCS #12, RFC 7292) with one certificate, given and returned as DER. */
export async function trustStoreWith(certificate: Buffer): Promise<Buffer> {
  const bag = new SafeBag({
    bagId: "1.2.840.113549.1.12.10.1.3",
    bagValue: new CertBag({ parsedValue: Certificate.fromBER(new Uint8Array(certificate)) }),
    bagAttributes: [
      // friendlyName
      new Attribute({
        type: "1.2.840.113549.1.9.20",
        values: [new BmpString({ value: "oss-valet sandbox" })],
      }),
      // Oracle's trustedKeyUsage, with anyExtendedKeyUsage: without it Java sees no trusted certificate. Source: JDK-6518082.
      new Attribute({
        type: "2.16.840.1.113894.746875.1.1",
        values: [new ObjectIdentifier({ value: "2.5.29.37.0" })],
      }),
    ],
  });
  const safe = new AuthenticatedSafe({
    parsedValue: {
      safeContents: [{ privacyMode: 0, value: new SafeContents({ safeBags: [bag] }) }],
    },
  });
  await safe.makeInternalValues({ safeContents: [{}] });
  const store = new PFX({ parsedValue: { integrityMode: 0, authenticatedSafe: safe } });
  await store.makeInternalValues({
    password: new TextEncoder().encode(TRUST_STORE_PASSWORD).buffer,
    iterations: 10_000,
    pbkdf2HashAlgorithm: "SHA-256",
    hmacHashAlgorithm: "SHA-256",
  });
  return Buffer.from(store.toSchema().toBER());
}
