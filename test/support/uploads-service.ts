import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import jwt from "jsonwebtoken";
import { answer, httpRequestFrom } from "../../functions/http/node-http.ts";
import { shellAround } from "../../functions/http/shell.ts";
import { downloadsRoute } from "../../functions/uploads/downloads-route.ts";
import { uploadsRoute } from "../../functions/uploads/uploads-route.ts";
import { settingKeys } from "../../shared/adapters/fixed-keys.ts";
import { jwtTokenVerifier } from "../../shared/adapters/jwt-token-verifier.ts";
import { ossSigner } from "../../shared/adapters/oss-signer.ts";
import type { CallerCredentials } from "../../shared/ports.ts";
import { folderStatements, type OssService, sessionKey } from "./oss-service.ts";
import { type RecordingAuditLog, recordingAuditLog } from "./stubs.ts";
import { ACCESS_WITH_SECRET, BUCKET, rulesOf } from "./valet.ts";

const SECRET = "a secret of the tests, of 32 bytes or more";

/** Photos through forms, and nothing else: no rule gives credentials that write. */
export const PHOTOS = {
  name: "photos",
  allow: ["read", "upload"],
  prefix: "photos/{sub}/",
  upload: { maxBytes: 1000, contentTypes: ["image/jpeg", "image/png"], overwrite: false },
};

/** /uploads and /downloads over HTTP, which sign for a sandbox's OSS. */
export interface UploadsService {
  /** Of /uploads. */
  readonly endpoint: string;
  readonly auditLog: RecordingAuditLog;
  /** What the function was asked, in the order of the requests. */
  readonly asked: readonly { readonly path: string; readonly authorization: string | undefined }[];
  /** How far the function's clock is behind OSS's. */
  readonly isBehindBy: (ms: number) => void;
  /** The next request gets this status and body, and does not reach the function. */
  readonly next: (status: number, body?: object, headers?: Readonly<Record<string, string>>) => void;
  readonly signWith: (credentials: CallerCredentials) => void;
  close(): Promise<void>;
}

export function appTokenOf(user: string): string {
  return jwt.sign({ sub: user }, SECRET, {
    issuer: "https://login.example.com/",
    audience: "photo-app",
    expiresIn: 600,
  });
}

/** What signs: a session that may store and get photos. */
export function signingKey(oss: OssService): CallerCredentials {
  const { stsToken = "", ...key } = sessionKey(
    oss,
    folderStatements("photos/", "oss:PutObject", "oss:GetObject"),
  );
  return { ...key, securityToken: stsToken };
}

export async function startUploads(
  oss: OssService,
  {
    rules = [PHOTOS],
    allowedOrigins = [],
  }: { readonly rules?: readonly object[]; readonly allowedOrigins?: readonly string[] } = {},
): Promise<UploadsService> {
  const access = rulesOf({ ...ACCESS_WITH_SECRET, rules });
  const [issuer] = access.issuers;
  if (issuer === undefined) throw new Error("no issuer");
  const auditLog = recordingAuditLog();
  const asked: { path: string; authorization: string | undefined }[] = [];
  const instead: { status: number; body: object; headers: Readonly<Record<string, string>> }[] = [];
  let behindMs = 0;
  let credentials = signingKey(oss);
  const clock = { nowMs: () => oss.clock.nowMs() - behindMs };
  const signing = {
    rules: access,
    bucket: BUCKET,
    tokenVerifier: jwtTokenVerifier({
      issuers: [{ issuer, keys: settingKeys.secretKeysFrom(SECRET, ["HS256"]) }],
      clock: { nowMs: Date.now },
    }),
    clock,
    fairUse: undefined,
    signer: ossSigner({
      region: "cn-hangzhou",
      endpoints: { ofBuckets: new Map(), others: { url: `http://127.0.0.1:${oss.port}`, cname: false } },
      credentials: () => credentials,
    }),
  };
  const routes = [uploadsRoute(signing), downloadsRoute(signing)];
  const handle = shellAround({ routes, allowedOrigins, auditLog, clock, version: "1.2.3" });
  const server = createServer((incoming, outgoing) => {
    asked.push({ path: incoming.url ?? "", authorization: incoming.headers.authorization });
    const other = incoming.method === "POST" ? instead.shift() : undefined;
    if (other !== undefined) {
      incoming.resume();
      outgoing.writeHead(other.status, other.headers).end(JSON.stringify(other.body));
      return;
    }
    void httpRequestFrom(incoming, { requestId: "request-1", sourceIp: "127.0.0.1" }).then(async (request) =>
      answer(incoming, outgoing, await handle(request)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/uploads`,
    auditLog,
    asked,
    isBehindBy: (ms) => {
      behindMs = ms;
    },
    next: (status, body = {}, headers = {}) => void instead.push({ status, body, headers }),
    signWith: (newest) => {
      credentials = newest;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
