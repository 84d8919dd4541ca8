import { expect, it, onTestFinished } from "vitest";
import { ROOT, startStage } from "../chaos/stage.ts";
import { rowsOf } from "../chaos/topics.ts";

/** A small part of `npm run chaos`: one row of each kind of trouble. */
const ROWS = [
  "STS: all kinds of errors, 50 %",
  "STS: 403 NoPermission, 100 %",
  "Issuer's keys: 500: the keys are old, 100 %",
  "/uploads: STS, OSS, RAM and the issuer: connection reset, 100 %",
  "Redis: stopped (SIGSTOP), 100 %",
];

it("no law is broken in a row of each kind of trouble", { timeout: 60_000 }, async () => {
  const stage = await startStage(ROOT);
  onTestFinished(() => stage.stop());
  const rows = (await rowsOf({ quick: true })).filter(({ topic, trouble, share }) =>
    ROWS.includes(`${topic}: ${trouble}, ${share}`),
  );
  expect(rows.length).toBeGreaterThanOrEqual(ROWS.length - 1);
  for (const row of rows)
    expect({ ...row, broken: (await row.run(stage, { seed: 1, boundMs: 5_000 })).broken }).toEqual({
      ...row,
      broken: [],
    });
});
