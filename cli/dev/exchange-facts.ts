import type { JournalEntry, World } from "../../sandbox/world.ts";
import type { AuditEntry } from "../../shared/ports.ts";

/** What the local cloud knows of one exchange. The real function tells no caller any of this. */
export interface ExchangeFacts {
  /** The function's log line of the call, without the fields that the page has from its answer. */
  readonly audit:
    | Pick<AuditEntry, "requestId" | "durationMs" | "issuer" | "rules" | "prefixes" | "stsRequestId">
    | undefined;
  /** The rules of access.yaml that the line names, as they are in the file. */
  readonly rules: readonly unknown[];
  readonly role: string;
  /** As it was sent to STS; undefined when STS was asked without one. */
  readonly sessionPolicy: string | undefined;
  readonly issuedMs: number;
  readonly expiresMs: number;
  /** What the services answered to this user, the newest first. */
  readonly calls: readonly Call[];
}

export type Call = Pick<
  JournalEntry,
  "timeMs" | "service" | "operation" | "resource" | "status" | "code" | "because" | "requestId"
>;

/** So many calls are shown. */
const CALLS = 60;

/** undefined when STS gave no credentials with this id. `rules` are those of access.yaml. */
export function exchangeFacts(
  { sessions, journal, functionLog }: World,
  accessKeyId: string,
  rules: readonly Readonly<Record<string, unknown>>[],
): ExchangeFacts | undefined {
  const session = sessions.get(accessKeyId);
  if (session === undefined) return undefined;
  const lines = functionLog
    .map(({ text }) => auditEntryFrom(text))
    .filter((line) => line?.sessionName === session.name) as readonly AuditEntry[];
  const audit = lines.find((line) => line.accessKeyId === accessKeyId);
  const ids = new Set(lines.flatMap(({ requestId, stsRequestId }) => [requestId, stsRequestId]));
  const folders = lines.flatMap(({ prefixes = [] }) => prefixes);
  const isOfUser = (entry: JournalEntry): boolean =>
    ids.has(entry.requestId) ||
    entry.principal?.endsWith(`/${session.name}`) === true ||
    isUnidentifiedIn(folders, entry);
  return {
    audit: audit && {
      requestId: audit.requestId,
      durationMs: audit.durationMs,
      ...picked(audit, ["issuer", "rules", "prefixes", "stsRequestId"]),
    },
    rules: rules.filter(({ name }) => audit?.rules?.includes(String(name))),
    role: session.role.name,
    sessionPolicy: session.policy,
    issuedMs: session.createdMs,
    expiresMs: session.expiresMs,
    calls: journal.filter(isOfUser).slice(-CALLS).reverse().map(callOf),
  };
}

/** Of credentials that have ended OSS does not say whose they were: the key shows whose folder it was. */
function isUnidentifiedIn(folders: readonly string[], entry: JournalEntry): boolean {
  if (entry.service !== "oss" || entry.principal !== undefined || entry.status < 400) return false;
  const key = /^acs:oss:\*:\*:(.*)$/s.exec(entry.resource ?? "")?.[1];
  return key !== undefined && folders.some((folder) => key.startsWith(folder));
}

function callOf({ principal: _principal, ...call }: JournalEntry): Call {
  return call;
}

function auditEntryFrom(text: string): AuditEntry | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    return JSON.parse(text) as AuditEntry;
  } catch {
    return undefined;
  }
}

function picked<T extends object, K extends keyof T>(from: T, names: readonly K[]): Pick<T, K> {
  return Object.fromEntries(
    names.filter((name) => from[name] !== undefined).map((name) => [name, from[name]]),
  ) as Pick<T, K>;
}
