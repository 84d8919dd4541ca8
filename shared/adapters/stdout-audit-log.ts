import type { AuditEntry, AuditLog, Clock, OperatorLog } from "../ports.ts";

/**
 * Writes one JSON line for each request. Not with console, as FC puts a prefix before it. At once, as FC freezes the
 * instance after the answer. Copies the fields one by one, so that no other field of an entry is written.
 */
export function stdoutAuditLog(
  clock: Clock,
  write: (line: string) => void = writeToStdout,
): AuditLog & OperatorLog {
  const line = (fields: object): void =>
    write(`${oneLine({ time: new Date(clock.nowMs()).toISOString(), ...fields })}\n`);
  return { record: (entry) => line(allowed(entry)), warn: (warning) => line({ warning }) };
}

/** A path may hold characters that move a terminal's cursor or turn the direction of a text. JSON escapes only the oldest. */
function oneLine(fields: object): string {
  return JSON.stringify(fields).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}

function allowed(entry: AuditEntry): AuditEntry {
  const { requestId, method, path, status, durationMs, code } = entry;
  const optional: Partial<AuditEntry> = {};
  for (const field of OPTIONAL_FIELDS) {
    if (entry[field] !== undefined) Object.assign(optional, { [field]: entry[field] });
  }
  return { requestId, method, path, status, durationMs, code, ...optional };
}

const OPTIONAL_FIELDS = [
  "refusal",
  "issuer",
  "sessionName",
  "rules",
  "reported",
  "reportedUnsafe",
  "permissions",
  "prefixes",
  "count",
  "keyDigests",
  "accessKeyId",
  "expiration",
  "stsRequestId",
  "cachedIn",
  "error",
] as const satisfies readonly (keyof AuditEntry)[];

function writeToStdout(line: string): void {
  process.stdout.write(line);
}
