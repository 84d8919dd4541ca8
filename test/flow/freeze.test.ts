import { describe, it } from "vitest";
import { frozenAt, MOMENTS } from "../support/freezes.ts";
import { REDIS_SERVER_PATH } from "../support/redis-server.ts";

/** Seconds in truth: longer than every deadline, so that each timer is due when the process goes on. */
const STOPPED = 4;

const moments = MOMENTS.filter(({ waitsFor }) => waitsFor !== "redis" || REDIS_SERVER_PATH !== undefined);

describe("server.js, stopped by SIGSTOP while its clock goes on", { timeout: 120_000 }, () => {
  it.concurrent.each(moments.map((moment) => [moment.name, moment] as const))(
    "answers well, soon and once: it %s",
    async (_name, moment) => {
      const { wrong, ...shown } = await frozenAt(moment, STOPPED);
      if (wrong.length > 0) throw new Error(`${wrong.join("; ")}\n${JSON.stringify(shown)}`);
    },
  );
});
