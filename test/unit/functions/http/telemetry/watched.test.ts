import { describe, expect, it } from "vitest";
import type { HttpResponse } from "../../../../../functions/http/http.ts";
import { watchedBy } from "../../../../../functions/http/telemetry/watched.ts";
import type { AuditEntry, AuditLog, Telemetry } from "../../../../../shared/ports.ts";
import { httpRequest } from "../../../../support/http-requests.ts";
import { recordingAuditLog } from "../../../../support/stubs.ts";
import { vendedEntry } from "../../../../support/telemetry-entries.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const RESPONSE: HttpResponse = { status: 200, headers: {}, body: "{}" };

function watchedService(log: AuditLog, traceId: string | undefined = undefined) {
  const began: (readonly string[])[] = [];
  const ended: AuditEntry[] = [];
  const telemetry: Telemetry = {
    began: (_method, traceparents) => {
      began.push(traceparents);
      return { traceId, ended: (entry) => void ended.push(entry) };
    },
  };
  const watch = watchedBy(telemetry);
  const auditLog = watch.auditLog(log);
  const handle = watch.handle(async ({ requestId }) => {
    try {
      auditLog.record(vendedEntry({ requestId }));
      return RESPONSE;
    } catch {
      return { ...RESPONSE, status: 500 };
    }
  });
  return { handle, auditLog, began, ended };
}

describe("a watched service", () => {
  it("tells the telemetry what its line in the log says, once, and answers as before", async () => {
    const log = recordingAuditLog();
    const { handle, ended } = watchedService(log);
    expect(await handle(httpRequest({ requestId: "r1" }))).toBe(RESPONSE);
    expect(ended).toEqual([vendedEntry({ requestId: "r1" })]);
    expect(log.entries).toEqual(ended);
  });

  it("puts the trace into the line, where one is sent", async () => {
    const log = recordingAuditLog();
    await watchedService(log, TRACE).handle(httpRequest({ requestId: "r1" }));
    expect(log.entries).toEqual([vendedEntry({ requestId: "r1", traceId: TRACE })]);
  });

  it("gives every traceparent on, so that two are none", async () => {
    const { handle, began } = watchedService(recordingAuditLog());
    const request = httpRequest({ requestId: "r1" });
    await handle({ ...request, headers: new Map([["traceparent", ["a", "b"]]]) });
    await handle({ ...request, headers: new Map() });
    expect(began).toEqual([["a", "b"], []]);
  });

  it("counts an answer whose line cannot be written as the 500 that it becomes, and vends nothing", async () => {
    const broken: AuditLog = {
      record: () => {
        throw new Error("the pipe is gone");
      },
    };
    const { handle, ended } = watchedService(broken);
    expect((await handle(httpRequest({ requestId: "r1" }))).status).toBe(500);
    expect(ended).toMatchObject([{ status: 500, code: "ServerError" }]);
    expect(ended[0]).not.toHaveProperty("accessKeyId");
  });

  it("keeps requests apart that are under way at once", async () => {
    const { handle, ended } = watchedService(recordingAuditLog());
    await Promise.all(["r1", "r2", "r3"].map((requestId) => handle(httpRequest({ requestId }))));
    expect(ended.map(({ requestId }) => requestId).sort()).toEqual(["r1", "r2", "r3"]);
  });
});
