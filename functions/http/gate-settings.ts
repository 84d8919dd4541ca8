import { type OssEndpoints, regionIdIn } from "../../shared/domain/oss-endpoint.ts";
import { ProblemError } from "../../shared/domain/problem.ts";
import { BUCKET_NAME } from "../../shared/domain/ram/cloud-limits.ts";
import { accessRulesFrom } from "../../shared/domain/rules/access-rules.ts";
import type { AccessRules } from "../../shared/domain/rules/rule.ts";
import { type Algorithm, type Issuer, isSymmetric } from "../../shared/domain/token/issuer.ts";
import type { SigningKeys } from "../../shared/ports.ts";
import { ossEndpointsFrom } from "./oss-endpoints.ts";
import { type Environment, NOT_SET, quoted, type Refuse, type Setting, type Settings } from "./settings.ts";

/** Who may reach what, and where it is: what every function decides by. */
export interface GateSettings {
  readonly rules: AccessRules;
  readonly issuerKeys: readonly IssuerKeys[];
  readonly bucket: string;
  readonly region: string;
  readonly ossEndpoints: OssEndpoints;
}

/** The keys of an issuer that are in settings: undefined where it has none there. A key set is fetched. */
export interface IssuerKeys {
  readonly issuer: Issuer;
  readonly secret: SigningKeys | undefined;
  readonly publicKey: SigningKeys | undefined;
}

/**
 * Makes keys from settings. Each throws a ProblemError, or an Error that says what is wrong as in {@link Problem}.is. The
 * key is in neither.
 */
export interface KeyReaders {
  readonly secretKeysFrom: (text: string, algorithms: readonly Algorithm[]) => SigningKeys;
  readonly publicKeysFrom: (pem: string, algorithms: readonly Algorithm[]) => SigningKeys;
}

export const GATE_SETTINGS: readonly Setting[] = [
  { name: "OSS_BUCKET", needed: true },
  { name: "OSS_REGION", needed: true },
  { name: "OSS_ENDPOINT", needed: false },
];

/** Reads the rules, the issuers' keys and {@link GATE_SETTINGS}. `rules` is undefined when they have problems. */
export function gateSettingsFrom(
  environment: Environment,
  accessFile: unknown,
  readers: KeyReaders,
  { read, need, refuse }: Settings,
): Omit<GateSettings, "rules"> & { readonly rules: AccessRules | undefined } {
  const rules = rulesFrom(accessFile, refuse);
  const region = regionFrom(read("OSS_REGION"), refuse);
  const bucket = need(
    "OSS_BUCKET",
    BUCKET_NAME,
    "write the bucket's name, such as examplebucket (3 to 63 of a-z, 0-9, -)",
  );
  const bucketsOfRules = rules?.rules.flatMap((rule) => rule.bucket ?? []);
  return {
    rules,
    region,
    issuerKeys: (rules?.issuers ?? []).map((issuer) => issuerKeysFrom(issuer, environment, readers, refuse)),
    bucket,
    ossEndpoints: ossEndpointsFrom(read("OSS_ENDPOINT"), { bucket, region, bucketsOfRules }, refuse),
  };
}

function rulesFrom(accessFile: unknown, refuse: Refuse): AccessRules | undefined {
  const result = accessRulesFrom(accessFile);
  if (result.ok) return result.value;
  for (const { path, is, fix } of result.problems) refuse(`access.yaml ${path.join(".")}`, is, fix);
  return undefined;
}

function issuerKeysFrom(
  issuer: Issuer,
  environment: Environment,
  readers: KeyReaders,
  refuse: Refuse,
): IssuerKeys {
  const { keys, secretBeside } = issuer;
  const read = (kind: "secret" | "publicKey", variable: string | undefined): SigningKeys | undefined => {
    const text = variable === undefined ? undefined : environment[variable];
    if (variable === undefined) return undefined;
    if (text === undefined || text === "") {
      const is = `${NOT_SET}, and access.yaml names it as ${kind} of issuer ${issuer.name}`;
      refuse(variable, is, FIXES_OF_KEYS[kind]);
      return undefined;
    }
    const isOwn = (algorithm: Algorithm) => isSymmetric(algorithm) === (kind === "secret");
    const keysFrom = kind === "secret" ? readers.secretKeysFrom : readers.publicKeysFrom;
    try {
      return keysFrom(text, issuer.algorithms.filter(isOwn));
    } catch (error) {
      const is = error instanceof Error ? error.message : "cannot be used";
      refuse(variable, is, error instanceof ProblemError ? error.problem.fix : FIXES_OF_KEYS[kind]);
      return undefined;
    }
  };
  return {
    issuer,
    secret: read("secret", keys.kind === "secret" ? keys.variable : secretBeside),
    publicKey: read("publicKey", keys.kind === "publicKey" ? keys.variable : undefined),
  };
}

const FIXES_OF_KEYS = {
  secret: "make a secret with: openssl rand -base64 48",
  publicKey: "write one PEM block, from -----BEGIN PUBLIC KEY----- to -----END PUBLIC KEY-----",
};

function regionFrom(value: string | undefined, refuse: Refuse): string {
  const id = regionIdIn(value ?? "");
  if (value === undefined || value !== id) {
    const instead = id === undefined ? "the bucket's region, such as cn-hangzhou" : `its ID alone: ${id}`;
    refuse("OSS_REGION", value === undefined ? NOT_SET : quoted(value), `write ${instead}`);
  }
  return value ?? "";
}
