import type { AuditEntry, AuditLog, Clock, OperatorLog } from "../ports.ts";

/**
 * Writes one JSON line for each request. Not with console, as FC puts a prefix before it. At once, as FC freezes the
 * instance after the answer. Copies the fields one by one, so that no other field of an entry is written.
 */
export function stdoutAuditLog(
  clock: Clock,
  write: (line: string) => void = writeToStdout,
): AuditLog & OperatorLog {
  const line = (fields: object): void => write(`${oneLine(fields)}\n`);
  const time = (): string => new Date(clock.nowMs()).toISOString();
  return {
    record: (entry) => line(allowed(entry, time())),
    warn: (warning) => line({ time: time(), warning }),
  };
}

/** A path may hold characters that move a terminal's cursor or turn the direction of a text. JSON escapes only the oldest. */
function oneLine(fields: object): string {
  const text = JSON.stringify(fields);
  // Almost every line is printable ASCII, and to see that is much cheaper.
  if (PRINTABLE_ASCII.test(text)) return text;
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}

const PRINTABLE_ASCII = /^[ -~]*$/;

function allowed(entry: AuditEntry, time: string): Readonly<Record<string, unknown>> {
  const { requestId, method, path, status, durationMs, code } = entry;
  const line: Record<string, unknown> = { time, requestId, method, path, status, durationMs, code };
  for (const field of OPTIONAL_FIELDS) {
    if (entry[field] !== undefined) line[field] = entry[field];
  }
  return line;
}

const OPTIONAL_FIELDS = [
  "refusal",
  "issuer",
  "sessionName",
  "tokenId",
  "tokenSha256",
  "rules",
  "reported",
  "reportedUnsafe",
  "permissions",
  "prefixes",
  "count",
  "keyDigests",
  "policySha256",
  "accessKeyId",
  "expiration",
  "stsRequestId",
  "cachedIn",
  "steps",
  "error",
  "traceId",
] as const satisfies readonly (keyof AuditEntry)[];

function writeToStdout(line: string): void {
  process.stdout.write(line);
}
