import { expect, it, vi } from "vitest";
import type { Outcome } from "../../../shared/adapters/aliyun-sts/answer.ts";
import { breaker } from "../../../shared/adapters/aliyun-sts/breaker.ts";
import { granted, refused } from "../../../shared/domain/refusal.ts";

const FAILED: Outcome = { result: refused({ code: "STS_UNAVAILABLE", because: "timeout" }) };
const GOOD: Outcome = {
  result: granted({
    accessKeyId: "STS.key",
    accessKeySecret: "secret",
    securityToken: "token",
    expiresAtMs: 0,
    stsRequestId: "call",
  }),
};

/** A breaker that has opened while an attempt was under way, and what ends that attempt. */
async function opened() {
  const told: string[] = [];
  const guard = breaker((because) => told.push(because));
  let end: (outcome: Outcome) => void = () => {};
  const early = guard.run(
    () =>
      new Promise<Outcome>((resolve) => {
        end = resolve;
      }),
  );
  for (let attempt = 0; attempt < 16; attempt += 1) await guard.run(async () => FAILED);
  expect(told).toEqual(["timeout"]);
  return { guard, told, early, end };
}

function pass(ms: number): void {
  const now = Date.now();
  vi.spyOn(Date, "now").mockReturnValue(now + ms);
}

it("an attempt from before the pause has its own outcome, and is not the trial after it", async () => {
  const { guard, told, early, end } = await opened();
  pass(1_001);
  end(FAILED);
  expect(await early).toBe(FAILED);
  expect(told).toHaveLength(1);
  expect(guard.isTrial()).toBe(true);
  expect(await guard.run(async () => GOOD)).toBe(GOOD);
  expect(await guard.run(async () => GOOD)).toBe(GOOD);
});

it("an attempt from before the pause, which fails within it, has its own outcome too", async () => {
  const { early, end } = await opened();
  end(FAILED);
  expect(await early).toBe(FAILED);
});
