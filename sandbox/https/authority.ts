import { randomBytes, type webcrypto } from "node:crypto";
import { BitString, Integer, OctetString, Utf8String } from "asn1js";
import {
  AttributeTypeAndValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  Extension,
  ExtKeyUsage,
  GeneralName,
  GeneralNames,
  GeneralSubtree,
  NameConstraints,
} from "pkijs";

type CryptoKey = webcrypto.CryptoKey;

/** A certificate authority for one run of the sandbox. Its key cannot leave this object, and ends with the process. */
export interface CertificateAuthority {
  /** DER. */
  readonly certificate: Buffer;
  /** Whether clients would take a certificate of this authority for the name. */
  mayCertify(host: string): boolean;
  /** A certificate for exactly one subject, DER: a host name, or an IPv4 address of `ADDRESSES`. */
  certify(subject: string, publicKey: CryptoKey): Promise<Buffer>;
}

/** Milliseconds. A run of the sandbox does not last longer. Clients check the dates with the laptop's clock. */
const LIFE_MS = 90 * 86_400_000;
/** Milliseconds, for clients whose clock is behind. */
const BACKDATED_MS = 86_400_000;

/** The addresses of this machine that the authority may certify. */
const ADDRESSES: readonly string[] = ["127.0.0.1"];

/**
 * Makes an authority whose name constraints (RFC 5280, section 4.2.1.10) permit names below `domains` and ADDRESSES:
 * a program that trusts it cannot be fooled about other names. `nowMs`: the laptop's clock, not the cloud's.
 */
export async function certificateAuthority(
  domains: readonly string[],
  nowMs: number,
): Promise<CertificateAuthority> {
  const keys = await crypto.subtle.generateKey(CURVE, false, ["sign", "verify"]);
  const root = await signed({
    subject: ROOT_NAME,
    publicKey: keys.publicKey,
    signer: keys,
    nowMs,
    extensions: [
      extension(OID.basicConstraints, new BasicConstraints({ cA: true, pathLenConstraint: 0 }), "critical"),
      // keyCertSign, cRLSign
      extension(OID.keyUsage, keyUsage(0b0000_0110, 1), "critical"),
      extension(OID.nameConstraints, constraintsTo(domains), "critical"),
    ],
  });
  return {
    certificate: root,
    mayCertify: (host) =>
      ADDRESSES.includes(host) || domains.some((domain) => host === domain || host.endsWith(`.${domain}`)),
    certify: (subject, publicKey) =>
      signed({
        // The name stands in subjectAltName alone: a common name ends at 64 characters.
        subject: "oss-valet sandbox",
        publicKey,
        signer: keys,
        nowMs,
        extensions: [
          extension(OID.basicConstraints, new BasicConstraints({ cA: false }), "critical"),
          // digitalSignature
          extension(OID.keyUsage, keyUsage(0b1000_0000, 7), "critical"),
          extension(OID.extKeyUsage, new ExtKeyUsage({ keyPurposes: [OID.serverAuth] })),
          extension(
            OID.subjectAltName,
            new GeneralNames({
              names: (subject === "localhost" ? ["localhost", ...ADDRESSES] : [subject]).map(generalName),
            }),
          ),
        ],
      }),
  };
}

const CURVE = { name: "ECDSA", namedCurve: "P-256" } as const;
const ROOT_NAME = "oss-valet sandbox: never trust it system-wide";

/** Sources: RFC 5280, section 4.2.1; X.520. */
const OID = {
  commonName: "2.5.4.3",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  nameConstraints: "2.5.29.30",
  authorityKeyIdentifier: "2.5.29.35",
  extKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
} as const;

interface Unsigned {
  readonly subject: string;
  readonly publicKey: CryptoKey;
  readonly signer: webcrypto.CryptoKeyPair;
  readonly nowMs: number;
  readonly extensions: readonly Extension[];
}

async function signed({ subject, publicKey, signer, nowMs, extensions }: Unsigned): Promise<Buffer> {
  const certificate = new Certificate();
  // 2 stands for version 3.
  certificate.version = 2;
  certificate.serialNumber = new Integer({ valueHex: serialNumber() });
  named(certificate.issuer, ROOT_NAME);
  named(certificate.subject, subject);
  certificate.notBefore.value = new Date(nowMs - BACKDATED_MS);
  certificate.notAfter.value = new Date(nowMs + LIFE_MS);
  await certificate.subjectPublicKeyInfo.importKey(publicKey);
  const subjectKey = await keyIdentifierOf(publicKey);
  const issuerKey = await keyIdentifierOf(signer.publicKey);
  certificate.extensions = [
    ...extensions,
    extension(OID.subjectKeyIdentifier, { toSchema: () => subjectKey }),
    extension(OID.authorityKeyIdentifier, new AuthorityKeyIdentifier({ keyIdentifier: issuerKey })),
  ];
  await certificate.sign(signer.privateKey, "SHA-256");
  return Buffer.from(certificate.toSchema(true).toBER());
}

/** 16 bytes, a positive number of which the first is not zero. */
function serialNumber(): ArrayBuffer {
  const bytes = new Uint8Array(randomBytes(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.buffer;
}

function named(name: Certificate["subject"], commonName: string): void {
  name.typesAndValues.push(
    new AttributeTypeAndValue({ type: OID.commonName, value: new Utf8String({ value: commonName }) }),
  );
}

async function keyIdentifierOf(key: CryptoKey): Promise<OctetString> {
  const point = await crypto.subtle.exportKey("raw", key);
  return new OctetString({ valueHex: await crypto.subtle.digest("SHA-1", point) });
}

function extension(
  extnID: string,
  value: { toSchema(): { toBER(): ArrayBuffer } },
  critical?: "critical",
): Extension {
  return new Extension({ extnID, critical: critical !== undefined, extnValue: value.toSchema().toBER() });
}

/** `bits`: the first bit is the most significant one. */
function keyUsage(bits: number, unusedBits: number): { toSchema(): BitString } {
  return { toSchema: () => new BitString({ valueHex: new Uint8Array([bits]).buffer, unusedBits }) };
}

function constraintsTo(domains: readonly string[]): NameConstraints {
  const names = [
    ...domains.map(dnsName),
    ...ADDRESSES.map((address) => ipAddress([...bytesOf(address), 255, 255, 255, 255])),
  ];
  return new NameConstraints({ permittedSubtrees: names.map((base) => new GeneralSubtree({ base })) });
}

function generalName(subject: string): GeneralName {
  return ADDRESSES.includes(subject) ? ipAddress(bytesOf(subject)) : dnsName(subject);
}

/** Types of GeneralName. Source: RFC 5280, section 4.2.1.6. */
function dnsName(value: string): GeneralName {
  return new GeneralName({ type: 2, value });
}

function ipAddress(bytes: readonly number[]): GeneralName {
  return new GeneralName({ type: 7, value: new OctetString({ valueHex: new Uint8Array(bytes).buffer }) });
}

function bytesOf(address: string): readonly number[] {
  return address.split(".").map(Number);
}
