import type { AuditEntry } from "../../shared/ports.ts";

/** A line of the function's log, as people read it; undefined for FC's own lines around each request. */
export function readableLogLine(text: string): string | undefined {
  if (isAroundARequest(text)) return undefined;
  return `[log] ${printable(readable(text))}`;
}

/** True for FC's own lines around each request, which say nothing but its RequestId. */
export function isAroundARequest(text: string): boolean {
  return /^FC (Initialize|Invoke|PreStop) (Start|End) RequestId: /.test(text);
}

function readable(text: string): string {
  const line = jsonObjectFrom(text);
  if (line === undefined) return text;
  if (typeof line["warning"] === "string") return `warning: ${line["warning"]}`;
  return isAuditEntry(line) ? readableEntry(line) : text;
}

function readableEntry(entry: AuditEntry): string {
  const { status, code, method, path, durationMs, requestId } = entry;
  const about = [...reasonsIn(entry), ...factsIn(entry), `RequestId ${requestId}`].join(", ");
  return `${status} ${code}  ${method} ${path}  ${durationMs} ms  ${about}`;
}

/** Why a request was refused, e.g. `because TOKEN_INVALID, check audience` */
function reasonsIn({ refusal, error }: AuditEntry): readonly string[] {
  if (error !== undefined) return [`because of an unexpected ${error}`];
  if (refusal === undefined) return [];
  const { code, ...more } = refusal;
  return [`because ${code}`, ...Object.entries(more).map(([name, value]) => `${name} ${shown(value)}`)];
}

function factsIn({ sessionName, rules, prefixes, count }: AuditEntry): readonly string[] {
  return [
    ...(sessionName === undefined ? [] : [`session ${sessionName}`]),
    ...(rules === undefined ? [] : [`rules ${shown(rules)}`]),
    ...(prefixes === undefined ? [] : [`prefixes ${shown(prefixes)}`]),
    ...(count === undefined ? [] : [`count ${count}`]),
  ];
}

function shown(value: unknown): string {
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value.join(" and ");
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isAuditEntry(line: object): line is AuditEntry {
  return ["requestId", "method", "path", "status", "durationMs", "code"].every((name) => name in line);
}

function jsonObjectFrom(text: string): Readonly<Record<string, unknown>> | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** A path from a request must not control the terminal. */
function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}
