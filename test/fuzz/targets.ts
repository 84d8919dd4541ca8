/**
 * The targets, each a file in test/fuzz/targets, and the beginnings of the paths whose code guides its run and is counted.
 * Here, not in the target: the command must know them before the code is loaded.
 */
export const TARGETS = {
  "access-yaml": ["cli/shared/", "shared/domain/rules/", "shared/domain/prefix/prefix-template.ts"],
  "app-token": ["shared/domain/token/", "shared/adapters/jwt-token-verifier.ts", "shared/adapters/jwks-keys"],
  claims: [
    "shared/domain/grant/",
    "shared/domain/policy/",
    "shared/domain/prefix/",
    "shared/domain/token/claim.ts",
  ],
  "client-xml": ["client/src/oss/xml.ts"],
  "fc-event": ["functions/http/", "functions/credentials/", "functions/uploads/"],
  "http-socket": ["functions/http/"],
  "request-parts": [
    "functions/credentials/request.ts",
    "functions/uploads/requests.ts",
    "functions/http/request-parts.ts",
    "shared/domain/prefix/object",
    "shared/domain/media-type.ts",
  ],
  "sandbox-form": ["sandbox/oss/form-data.ts"],
  "sandbox-rpc": ["sandbox/sts/rpc-request.ts", "sandbox/sts/percent-encoding.ts", "sandbox/http.ts"],
  "sandbox-xml": ["sandbox/oss/xml-reader.ts"],
  "signed-form": [
    "shared/adapters/oss-signer",
    "shared/domain/policy/form-policy.ts",
    "sandbox/oss/form-data.ts",
    "sandbox/oss/post-",
  ],
  "signed-token": ["shared/domain/token/", "shared/adapters/jwt-token-verifier.ts"],
  "strict-json": ["shared/domain/token/strict-json.ts"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type TargetName = keyof typeof TARGETS;
