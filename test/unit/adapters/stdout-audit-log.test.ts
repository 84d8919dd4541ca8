import { expect, it } from "vitest";
import { stdoutAuditLog } from "../../../shared/adapters/stdout-audit-log.ts";
import type { AuditEntry } from "../../../shared/ports.ts";

const ENTRY: AuditEntry = {
  requestId: "1-req",
  method: "GET",
  path: "/credentials",
  status: 200,
  durationMs: 12,
  code: "Success",
  sessionName: "alice-0123",
  reported: ["trial"],
  reportedUnsafe: [{ rule: "team trial", claim: "team", problem: "is a list, not a string" }],
  permissions: ["read"],
};

function written(entry: AuditEntry): string {
  const lines: string[] = [];
  stdoutAuditLog({ nowMs: () => Date.UTC(2026, 10, 23, 9) }, (line) => lines.push(line)).record(entry);
  expect(lines).toHaveLength(1);
  return lines.join("");
}

it("writes a request as one line of JSON, with its time", () => {
  const line = written(ENTRY);
  expect(line.endsWith("}\n")).toBe(true);
  expect(JSON.parse(line)).toEqual({ time: "2026-11-23T09:00:00.000Z", ...ENTRY });
});

it("writes the listed fields alone, whatever else an entry carries", () => {
  const entry = { ...ENTRY, securityToken: "CAIS-secret", credentials: { accessKeySecret: "secret" } };
  expect(written(entry)).not.toContain("secret");
});

it("keeps line ends inside of values escaped: nobody can write a line of their own", () => {
  expect(written({ ...ENTRY, path: '/a\n{"status":200}' }).split("\n")).toHaveLength(2);
});

it("escapes what moves a terminal's cursor, turns the direction of a text, or ends a line", () => {
  const path = "/a\u009b2J\u007f\u202e\u2028\u200b\u{e0001}é";
  const line = written({ ...ENTRY, path });
  expect(line).toContain(String.raw`/a\u009b2J\u007f\u202e\u2028\u200b\udb40\udc01é`);
  expect(JSON.parse(line)).toMatchObject({ path });
});
