import { createHmac, generateKeyPairSync } from "node:crypto";
import Oss from "ali-oss";
import jwt from "jsonwebtoken";
import { fixedKeys, secretKeyFrom } from "../../../shared/adapters/fixed-keys.ts";
import { jwtTokenVerifier } from "../../../shared/adapters/jwt-token-verifier.ts";
import { ossSigner } from "../../../shared/adapters/oss-signer.ts";
import { regionEndpoint } from "../../../shared/domain/oss-endpoint.ts";
import type { ObjectKey } from "../../../shared/domain/prefix/object-key.ts";
import type { Algorithm } from "../../../shared/domain/token/issuer.ts";
import { rulesOf } from "../../support/valet.ts";
import { report } from "./report.ts";
import { SECRET } from "./token-of.ts";

// Microseconds of processor time for one form and one URL, and for what they are compared with: all in turn, in rounds.

const [rounds, each] = [Number(process.argv[2]), Number(process.argv[3])];
const KEYS = { accessKeyId: "STS.NTbench", accessKeySecret: "bench-secret", securityToken: "C".repeat(700) };
const nowMs = Math.floor(Date.now() / 1000) * 1000;

const signer = ossSigner({
  region: "cn-hangzhou",
  endpoints: { ofBuckets: new Map(), others: regionEndpoint("cn-hangzhou") },
  credentials: () => KEYS,
});

const aliOss = new Oss({
  ...KEYS,
  stsToken: KEYS.securityToken,
  region: "oss-cn-hangzhou",
  bucket: "examplebucket",
  authorizationV4: true,
  refreshSTSToken: () => Promise.reject(new Error("not due")),
  refreshSTSTokenInterval: 2 ** 31,
}) as unknown as {
  signPostObjectPolicyV4(policy: object, date: Date): string;
  signatureUrlV4(method: string, expires: number, request: object, key: string): Promise<string>;
};

const POLICY = {
  expiration: new Date(nowMs + 900_000).toISOString(),
  conditions: [
    { bucket: "examplebucket" },
    ["eq", "$key", "photos/alice/a.jpg"],
    ["content-length-range", 0, 1000],
  ],
};

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const verify = {
  HS256: verifierOf("HS256", SECRET, secretKeyFrom(SECRET)),
  RS256: verifierOf("RS256", privateKey, publicKey),
};

let number = 0;
/** A request of its own for each form: nothing is kept from one to the next but the day's key. */
const life = () => ({ signedAtMs: nowMs, expiresAtMs: nowMs + 900_000 });
const keyOf = () => {
  number += 1;
  return `photos/user${number}/a.jpg` as ObjectKey;
};

const variants: Readonly<Record<string, () => unknown>> = {
  form: () =>
    signer.form(
      {
        bucket: "examplebucket",
        key: keyOf(),
        contentType: "image/jpeg",
        minBytes: 0,
        maxBytes: 1000,
        overwrite: false,
      },
      life(),
    ),
  url: () => signer.url({ bucket: "examplebucket", key: keyOf(), disposition: undefined }, life()),
  // What a signer cannot do without when it keeps nothing: the day's key, and one signature.
  hmacChain: () => {
    let key: Buffer = Buffer.from(`aliyun_v4${KEYS.accessKeySecret}`);
    for (const step of ["20261127", "cn-hangzhou", "oss", "aliyun_v4_request", "policy"])
      key = createHmac("sha256", key).update(step).digest();
    return key.toString("hex");
  },
  aliOssForm: () => aliOss.signPostObjectPolicyV4(POLICY, new Date(nowMs)),
  aliOssUrl: () => aliOss.signatureUrlV4("GET", 900, {}, keyOf()),
  tokenHS256: () => verify.HS256(),
  tokenRS256: () => verify.RS256(),
};

function verifierOf(algorithm: Algorithm, signing: jwt.Secret, key: Parameters<typeof fixedKeys>[0]) {
  const [issuer] = rulesOf({
    issuers: [
      {
        name: "login",
        issuer: "https://login.example.com/",
        audience: "photo-app",
        algorithms: [algorithm],
        ...(algorithm === "HS256" ? { secret: "JWT_SECRET" } : { publicKey: "JWT_PUBLIC_KEY" }),
      },
    ],
    rules: [{ name: "own folder", allow: ["read"], prefix: "users/{sub}/" }],
  }).issuers;
  if (issuer === undefined) throw new Error("no issuer");
  const verifier = jwtTokenVerifier({
    issuers: [{ issuer, keys: fixedKeys(key, [algorithm]) }],
    clock: { nowMs: Date.now },
  });
  const claims = { sub: "alice", iss: issuer.issuer, aud: "photo-app" };
  const token = jwt.sign(claims, signing, { algorithm, expiresIn: 3600 });
  return async () => {
    const result = await verifier.verify(token);
    if (!result.ok) throw new Error(result.refusal.code);
  };
}

async function measure(): Promise<void> {
  const names = Object.keys(variants);
  const times: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = -5; round < rounds; round += 1) {
    for (let i = 0; i < names.length; i += 1) {
      const name = names[(i + round + 5) % names.length] ?? "";
      const run = variants[name];
      const before = process.cpuUsage();
      for (let at = 0; at < each; at += 1) await run?.();
      const { user, system } = process.cpuUsage(before);
      if (round >= 0) times[name]?.push((user + system) / each);
    }
  }
  report(times);
}

void measure();
