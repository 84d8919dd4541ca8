import jwt from "jsonwebtoken";
import { credentialsRoute } from "../../../functions/credentials/route.ts";
import type { HttpRequest, HttpResponse } from "../../../functions/http/http.ts";
import { shellAround } from "../../../functions/http/shell.ts";
import { downloadsRoute } from "../../../functions/uploads/downloads-route.ts";
import { uploadsRoute } from "../../../functions/uploads/uploads-route.ts";
import { settingKeys } from "../../../shared/adapters/fixed-keys.ts";
import { jwtTokenVerifier } from "../../../shared/adapters/jwt-token-verifier.ts";
import { ossSigner } from "../../../shared/adapters/oss-signer.ts";
import { stdoutAuditLog } from "../../../shared/adapters/stdout-audit-log.ts";
import { regionEndpoint } from "../../../shared/domain/oss-endpoint.ts";
import type { CallerCredentials } from "../../../shared/ports.ts";
import { CREDENTIALS, fixedClock, NOW_MS, recordingSts } from "../../support/stubs.ts";
import { ACCESS_WITH_SECRET, BUCKET, OWN_FOLDER, rulesOf } from "../../support/valet.ts";
import { law } from "../engine/target.ts";

/** Photos through forms. */
const PHOTOS = {
  name: "photos",
  allow: ["read", "upload"],
  prefix: "photos/{sub}/",
  upload: { maxBytes: 1000, contentTypes: ["image/jpeg", "image/*"], overwrite: false },
};

const SIGNING_KEYS: CallerCredentials = {
  accessKeyId: "STS.NTexampleSigner",
  accessKeySecret: "5xTnexampleSecretThatNobodyMayLog",
  securityToken: "CAISexampleSignerTokenThatNobodyMayLog",
};

const SECRET = "a secret of the fuzzer, of 32 bytes or more";

const NOW = Math.floor(NOW_MS / 1000);

/** The claims of the one user whose token the issuer has signed. */
export const USER = {
  iss: "https://login.example.com/",
  aud: "photo-app",
  sub: "alice",
  iat: NOW - 60,
  exp: NOW + 600,
};

export function tokenOf(claims: object): string {
  return jwt.sign(claims, SECRET, { algorithm: "HS256", noTimestamp: true });
}

export const GOOD_TOKEN = tokenOf(USER);

export const ALLOWED_ORIGIN = "https://app.example.com";

export interface Valet {
  readonly handle: (request: HttpRequest) => Promise<HttpResponse>;
  /** What was written to the log. */
  readonly log: readonly string[];
  /** How often STS was asked. */
  readonly calls: () => number;
  /** The policy of the last call. */
  readonly policy: () => string | undefined;
}

const rules = rulesOf({ ...ACCESS_WITH_SECRET, rules: [OWN_FOLDER, PHOTOS] });
const [issuer] = rules.issuers;
if (issuer === undefined) throw new Error("no issuer");
const tokenVerifier = jwtTokenVerifier({
  issuers: [{ issuer, keys: settingKeys.secretKeysFrom(SECRET, ["HS256"]) }],
  clock: fixedClock,
});
const endpoints = { ofBuckets: new Map(), others: regionEndpoint("cn-hangzhou") };
const signer = ossSigner({ region: "cn-hangzhou", endpoints, credentials: () => SIGNING_KEYS });

/** All routes with the real verifier, rules, signer and log. STS answers from memory; the clock stands still. */
export function valet(): Valet {
  const sts = recordingSts();
  const log: string[] = [];
  const gate = { rules, bucket: BUCKET, tokenVerifier };
  const signing = { ...gate, clock: fixedClock, signer };
  const handle = shellAround({
    routes: [
      credentialsRoute({
        valet: { ...gate, sts },
        oss: { region: "cn-hangzhou", endpoints },
        clock: fixedClock,
      }),
      uploadsRoute(signing),
      downloadsRoute(signing),
    ],
    allowedOrigins: [ALLOWED_ORIGIN],
    auditLog: stdoutAuditLog(fixedClock, (line) => void log.push(line)),
    clock: fixedClock,
    version: "1.2.3",
  });
  return { handle, log, calls: () => sts.calls.length, policy: () => sts.calls.at(-1)?.sessionPolicy };
}

/** What only the answer 200 may hold, and no log line at all. */
export function secretsIn(text: string): readonly string[] {
  const secrets = [
    CREDENTIALS.accessKeySecret,
    CREDENTIALS.securityToken,
    SIGNING_KEYS.accessKeySecret,
    SIGNING_KEYS.securityToken ?? "",
    SECRET,
    // The part of the token that makes it one.
    GOOD_TOKEN.split(".")[2] ?? "",
  ];
  return secrets.filter((secret) => text.includes(secret));
}

/** Status and code of every answer that a caller can bring about while STS and the keys are at hand. */
const CONTRACT: Readonly<Record<number, readonly string[]>> = {
  200: ["Success"],
  204: ["Success"],
  400: ["InvalidRequest"],
  401: ["MissingToken", "InvalidToken", "TokenExpired"],
  403: ["AccessDenied"],
  404: ["NotFound"],
  405: ["MethodNotAllowed"],
  413: ["RequestTooLarge"],
};

/** The laws of every answer: status, code, headers, body, one log line, no secret. */
export function checkAnswer(
  { status, headers, body }: HttpResponse,
  { log, calls }: Valet,
  method: string | undefined,
): void {
  law("the status is one of the contract, and no 5xx", Object.hasOwn(CONTRACT, status), () => ({
    status,
    body,
    log,
  }));
  for (const [name, value] of Object.entries(headers)) {
    law("a header's name is a token", /^[A-Za-z-]+$/.test(name), () => name);
    law("a header's value is printable", /^[\x20-\x7e]*$/.test(value), () => ({ name, value }));
  }
  law("no answer is stored by a proxy", headers["Cache-Control"] === "no-store");
  law("no answer is taken for another type", headers["X-Content-Type-Options"] === "nosniff");
  const origin = headers["Access-Control-Allow-Origin"];
  law(
    "only an allowed origin may read an answer",
    origin === undefined || origin === ALLOWED_ORIGIN || origin === "https://origin-not-allowed.invalid",
    () => origin,
  );
  law("a request leaves one line in the log", log.length === 1, () => log.length);
  const [text = ""] = log;
  law(
    "the line is one line of printable text",
    /^\{[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*\}\n$/u.test(text),
    () => text,
  );
  const line = JSON.parse(text) as Readonly<Record<string, unknown>>;
  law("nothing unexpected was thrown", line["error"] === undefined, () => line["error"]);
  law("the log has the answer's status", line["status"] === status, () => line);
  law("the status has its code", CONTRACT[status]?.includes(String(line["code"])) === true, () => line);
  law("no secret is in the log", secretsIn(text).length === 0, () => text);
  law("STS is asked at most once, and only for a 200", calls() === 0 || (calls() === 1 && status === 200));
  if (status === 204 || (method === "HEAD" && body === "")) {
    law("there is no body where there is none to be", body === "");
    return;
  }
  const told = JSON.parse(body) as Readonly<Record<string, unknown>>;
  if (status === 200) return;
  law("no secret is in an error", secretsIn(body).length === 0, () => body);
  law("an error has status, code and request id", isError(told, status, line), () => told);
}

function isError(
  told: Readonly<Record<string, unknown>>,
  status: number,
  line: Readonly<Record<string, unknown>>,
): boolean {
  const { Code, ErrorCode, Message, ErrorMessage, RequestId, StatusCode } = told;
  return (
    StatusCode === String(status) &&
    Code === line["code"] &&
    ErrorCode === Code &&
    typeof Message === "string" &&
    Message !== "" &&
    ErrorMessage === Message &&
    RequestId === line["requestId"]
  );
}
