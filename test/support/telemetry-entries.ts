import type { AuditEntry } from "../../shared/ports.ts";

const ENTRY: AuditEntry = {
  requestId: "1-request",
  method: "GET",
  path: "/credentials",
  status: 200,
  durationMs: 12,
  code: "Success",
};

/** Lines of the log of one request each. A test changes one thing. */
export function vendedEntry(change: Partial<AuditEntry> = {}): AuditEntry {
  return {
    ...ENTRY,
    issuer: "login",
    sessionName: "alice-c8170752838e83167f55",
    tokenSha256: "a".repeat(64),
    policySha256: "b".repeat(64),
    rules: ["own folder"],
    permissions: ["read"],
    prefixes: ["examplebucket/users/alice/"],
    accessKeyId: "STS.NTexampleKeyId",
    expiration: "2026-11-28T03:00:00.000Z",
    stsRequestId: "call",
    steps: { token: 1, grant: 0.5, policy: 0.25, sts: 10 },
    ...change,
  };
}

export function signedEntry(count: number): AuditEntry {
  return { ...ENTRY, method: "POST", path: "/uploads", count, steps: { token: 1, grant: 0.5, sign: 0.1 } };
}

export function refusedEntry(change: Pick<AuditEntry, "status" | "code" | "refusal"> & Partial<AuditEntry>) {
  return { ...ENTRY, ...change };
}
