import { spawnSync } from "node:child_process";
import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { describe, expect, it } from "vitest";
import { publicKeyFrom } from "../../../shared/adapters/fixed-keys/public-key-text.ts";
import { fixedKeys, secretKeyFrom } from "../../../shared/adapters/fixed-keys.ts";
import { ProblemError } from "../../../shared/domain/problem.ts";
import { ALGORITHMS, type Algorithm } from "../../../shared/domain/token/issuer.ts";
import { keyFits, problemOfPublicKey } from "../../../shared/domain/token/verification-key.ts";
import { keptRsaPair } from "../../support/key-pairs.ts";
import { selfSignedCertificate } from "../../support/self-signed.ts";
import { invalid, keyPair, secretKey } from "../../support/tokens.ts";

const pemOf = (key: KeyObject, type: "spki" | "pkcs1" = "spki") =>
  key.export({ type, format: "pem" }).toString();

describe("keyFits", () => {
  const RS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];
  it.each<[string, KeyObject, readonly string[]]>([
    ["a secret of 64 bytes", secretKey, ["HS256", "HS384", "HS512"]],
    [
      "a secret of 48 bytes",
      secretKeyFrom("kZ8mQ2vX7pL4tR9wB3nC6yF1hJ5sD0gAkZ8mQ2vX7pL4tR9z"),
      ["HS256", "HS384"],
    ],
    ["a secret of 47 bytes", secretKeyFrom("kZ8mQ2vX7pL4tR9wB3nC6yF1hJ5sD0gAkZ8mQ2vX7pL4tRz"), ["HS256"]],
    ["an RSA key", keyPair("rsa").publicKey, RS],
    ["a key on P-256", keyPair("P-256").publicKey, ["ES256"]],
    ["a key on P-384", keyPair("P-384").publicKey, ["ES384"]],
    ["a key on P-521", keyPair("P-521").publicKey, ["ES512"]],
    ["a key on secp256k1", keyPair("secp256k1").publicKey, []],
    ["an Ed25519 key", keyPair("ed25519").publicKey, []],
    ["a private RSA key", keyPair("rsa").privateKey, []],
    ["a private key on P-256", keyPair("P-256").privateKey, []],
  ])("%s fits its own algorithms alone", (_case, key, algorithms) => {
    expect(ALGORITHMS.filter((algorithm) => keyFits(key, algorithm))).toEqual(algorithms);
  });
});

describe("fixedKeys", () => {
  const { publicKey } = keyPair("rsa");
  const keys = fixedKeys(publicKey, ["RS256", "PS256"]);
  it.each([undefined, "any"])("gives the one key, whatever the kid (%s)", async (kid) => {
    const result = await keys.keyFor({ kid, algorithm: "PS256" });
    expect(result.ok && result.value === publicKey).toBe(true);
  });
  it("gives it for the listed algorithms only", async () => {
    expect(await keys.keyFor({ kid: undefined, algorithm: "RS512" })).toEqual(invalid("key"));
  });
  it.each<[KeyObject, readonly Algorithm[], string]>([
    [publicKey, ["RS256", "ES256"], "does not fit ES256: RS* and PS* need an RSA public key"],
    [keyPair("P-256").publicKey, ["ES384"], "does not fit ES384"],
    [secretKey, ["RS256"], "does not fit RS256"],
    [publicKey, ["HS256"], "does not fit HS256: HS256, HS384 and HS512 need a secret"],
  ])("does not start with a key that does not fit (%#)", (key, algorithms, message) => {
    expect(() => fixedKeys(key, algorithms)).toThrow(message);
  });
});

describe("secretKeyFrom", () => {
  it.each([
    ["32 random characters", "kZ8mQ2vX7pL4tR9wB3nC6yF1hJ5sD0gA"],
    ["hexadecimal digits", "0123456789abcdef0123456789abcdef"],
    ["32 bytes in fewer characters", "ключ-ключ-секрет-длинный"],
    ["blanks inside", "correct horse battery staple and so on"],
  ])("takes %s to the letter, as UTF-8", (_case, text) => {
    expect(secretKeyFrom(text).export()).toEqual(Buffer.from(text, "utf8"));
  });

  it.each([
    [
      "a line end at its end",
      `${"kZ8mQ2vX7pL4tR9wB3nC6yF1hJ5sD0gA"}\n`,
      "starts or ends with a space or a line end",
    ],
    [
      "a blank at its start",
      " kZ8mQ2vX7pL4tR9wB3nC6yF1hJ5sD0gA",
      "starts or ends with a space or a line end",
    ],
    ["31 bytes", "kZ8mQ2vX7pL4tR9wB3nC6yF1hJ5sD0g", "has 31 bytes, but a secret needs 32"],
    ["a published example", "a-valid-string-secret-that-is-at-least-384-bits-long", "is in every word list"],
    ["a word over and over", "changeme".repeat(5), "is in every word list"],
    [
      "a public key",
      pemOf(keyPair("P-256").publicKey).trim(),
      "is a PEM text, not a secret: with HS*, who can verify can sign",
    ],
    [
      "a public key without its PEM lines",
      keyPair("P-256").publicKey.export({ type: "spki", format: "der" }).toString("base64"),
      "is a public key, not a secret: with HS*, who can verify can sign",
    ],
    [
      "an RSA key without its PEM lines",
      keyPair("rsa").publicKey.export({ type: "pkcs1", format: "der" }).toString("base64"),
      "is a public key, not a secret: with HS*, who can verify can sign",
    ],
    [
      "a JSON Web Key",
      JSON.stringify(keyPair("P-256").publicKey.export({ format: "jwk" })),
      "is JSON, as public keys are, not a secret: with HS*, who can verify can sign",
    ],
  ])("refuses %s, and does not quote it", (_case, text, message) => {
    expect(() => secretKeyFrom(text)).toThrow(new Error(message));
    expect(message).not.toContain(text.trim());
  });
});

describe("publicKeyFrom", () => {
  const rsa = keyPair("rsa").publicKey;
  const pem = pemOf(rsa);
  it.each([
    ["PEM", pem],
    ["PEM with \\n as two characters", pem.replaceAll("\n", "\\n")],
    ["PEM with \\r\\n as four characters", pem.replaceAll("\n", "\\r\\n")],
    ["PEM with CRLF", pem.replaceAll("\n", "\r\n")],
    ["PEM with blanks for line ends", pem.replaceAll("\n", " ")],
    ["PEM on one line", pem.replaceAll("\n", "")],
    ["PEM without its last line end", pem.trimEnd()],
    ["PEM after blank lines", `\n\n${pem}`],
    ["PKCS #1", pemOf(rsa, "pkcs1")],
  ])("reads %s", (_case, text) => {
    expect(publicKeyFrom(text).export({ format: "jwk" })).toEqual(rsa.export({ format: "jwk" }));
  });

  describe("of a certificate", () => {
    const { key, cert } = selfSignedCertificate();
    const own = createPublicKey(key).export({ format: "jwk" });
    it.each([
      ["PEM", cert],
      ["PEM with \\n as two characters", cert.replaceAll("\n", "\\n")],
      ["PEM with blanks for line ends", cert.replaceAll("\n", " ")],
    ])("takes its public key: %s", (_case, text) => {
      expect(publicKeyFrom(text).export({ format: "jwk" })).toEqual(own);
    });

    it.each([
      ["a chain", `${cert}${cert}`, "has 2 certificates, a chain"],
      ["a certificate and its private key", `${cert}${key}`, "private key"],
      ["a private key and its certificate", `${key}${cert}`, "private key"],
      [
        "a certificate of another kind",
        cert.replaceAll("CERTIFICATE", "TRUSTED CERTIFICATE"),
        "one PEM block",
      ],
      ["a certificate without its lines", cert.replaceAll(/-----.*-----/g, ""), "has no line that says"],
      ["a request for one", cert.replaceAll("CERTIFICATE", "CERTIFICATE REQUEST"), "one PEM block"],
      ["half a certificate", cert.replace(/[A-Za-z0-9+/=]{80}\n-----END/, "\n-----END"), "cannot be read"],
    ])("refuses %s", (_case, text, message) => {
      expect(() => publicKeyFrom(text)).toThrow(message);
    });
  });

  describe("advice that works when followed", () => {
    const fixOf = (text: string): string => {
      try {
        publicKeyFrom(text);
      } catch (error) {
        if (error instanceof ProblemError) return error.problem.fix;
      }
      return "";
    };

    it("a JSON Web Key: the command prints the PEM block", () => {
      const jwk = JSON.stringify(rsa.export({ format: "jwk" }));
      const [, code = ""] = /node -p "(.*)" < key\.json$/.exec(fixOf(jwk)) ?? [];
      const { stdout } = spawnSync(process.execPath, ["-p", code], { input: jwk, encoding: "utf8" });
      expect(publicKeyFrom(stdout).export({ format: "jwk" })).toEqual(rsa.export({ format: "jwk" }));
    });

    it.each([
      ["spki", "PUBLIC KEY"],
      ["pkcs1", "RSA PUBLIC KEY"],
    ] as const)("base64 alone, %s: the two lines make it the PEM block", (type, label) => {
      const bare = rsa.export({ type, format: "der" }).toString("base64");
      expect(fixOf(bare)).toBe(
        `write -----BEGIN ${label}----- before it and -----END ${label}----- after it`,
      );
      const text = `-----BEGIN ${label}-----${bare}-----END ${label}-----`;
      expect(publicKeyFrom(text).export({ format: "jwk" })).toEqual(rsa.export({ format: "jwk" }));
    });
  });

  it.each(["P-256", "P-384", "P-521"] as const)("reads a key on %s", (curve) => {
    const { publicKey } = keyPair(curve);
    expect(publicKeyFrom(pemOf(publicKey)).asymmetricKeyDetails).toEqual(publicKey.asymmetricKeyDetails);
  });

  const rsaPss = generateKeyPairSync("rsa-pss", { modulusLength: 2_048 }).publicKey;
  const weak = keptRsaPair("weak", 1_024).publicKey;
  const lowExponent = createPublicKey({ key: { ...rsa.export({ format: "jwk" }), e: "Aw" }, format: "jwk" });
  it.each([
    [
      "a private key, of which OpenSSL would take the public half",
      keyPair("P-256").privateKey.export({ type: "pkcs8", format: "pem" }),
      "private key",
    ],
    ["an old private key", keyPair("rsa").privateKey.export({ type: "pkcs1", format: "pem" }), "private key"],
    [
      "a private key behind a public one",
      `${pem}${keyPair("rsa").privateKey.export({ type: "pkcs8", format: "pem" })}`,
      "private key",
    ],
    ["two keys", `${pem}${pem}`, "one PEM block"],
    ["text before the key", `key: ${pem}`, "one PEM block"],
    [
      "a public key that is called a certificate",
      pem.replaceAll("PUBLIC KEY", "CERTIFICATE"),
      "cannot be read",
    ],
    ["a key with another end", pem.replace("END PUBLIC", "END RSA PUBLIC"), "one PEM block"],
    ["base64 alone", pem.replaceAll(/-----.*-----/g, ""), "has no line that says what it is"],
    ["nothing", "", "one PEM block"],
    ["a JWK", JSON.stringify(rsa.export({ format: "jwk" })), "is a JSON Web Key"],
    ["a JWKS", JSON.stringify({ keys: [rsa.export({ format: "jwk" })] }), "is a JSON Web Key Set"],
    ["a key of SSH", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ== me@example.com", "is a key of SSH"],
    ["a private JWK", JSON.stringify(keyPair("rsa").privateKey.export({ format: "jwk" })), "private key"],
    [
      "a private JWKS",
      JSON.stringify({ keys: [keyPair("P-256").privateKey.export({ format: "jwk" })] }),
      "private key",
    ],
    [
      "a private key of SSH",
      "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----",
      "private key",
    ],
    [
      "a private key without its PEM lines",
      keyPair("P-256").privateKey.export({ type: "pkcs8", format: "der" }).toString("base64"),
      "private key",
    ],
    [
      "an old private key without its PEM lines",
      keyPair("P-256").privateKey.export({ type: "sec1", format: "der" }).toString("base64"),
      "private key",
    ],
    ["rubbish in PEM", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "cannot be read"],
    ["RSA with 1,024 bits", pemOf(weak), "1024 bits is too weak"],
    ["RSA with e = 3", pemOf(lowExponent), "exponent"],
    ["RSA-PSS alone", pemOf(rsaPss), "of type rsa-pss"],
    ["secp256k1", pemOf(keyPair("secp256k1").publicKey), "secp256k1"],
    ["Ed25519", pemOf(keyPair("ed25519").publicKey), "jsonwebtoken cannot verify EdDSA"],
  ])("refuses %s", (_case, text, message) => {
    expect(() => publicKeyFrom(text.toString())).toThrow(message);
  });

  it("does not quote what it refuses", () => {
    const text = keyPair("P-256").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    expect(() => publicKeyFrom(text)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining(text.slice(30, 60)) }),
    );
  });
});

describe("problemOfPublicKey", () => {
  it("sees the ROCA weakness in a modulus that is a power of 65537 modulo every small prime", () => {
    const n = 65_537n ** 128n;
    const bytes = Buffer.from(n.toString(16).padStart(514, "0"), "hex");
    const key = createPublicKey({
      key: { kty: "RSA", n: bytes.toString("base64url"), e: "AQAB" },
      format: "jwk",
    });
    expect(key.asymmetricKeyDetails?.modulusLength).toBeGreaterThanOrEqual(2_048);
    expect(problemOfPublicKey(key)).toContain("ROCA");
  });
  it("does not see it in a key of OpenSSL's", () => {
    expect(problemOfPublicKey(keyPair("rsa").publicKey)).toBeUndefined();
  });
  it("refuses secrets and private keys", () => {
    expect(problemOfPublicKey(secretKey)).toBe("it is not a public key");
    expect(problemOfPublicKey(keyPair("rsa").privateKey)).toBe("it is not a public key");
  });
});
