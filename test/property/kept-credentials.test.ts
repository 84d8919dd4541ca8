import fc from "fast-check";
import { expect, it } from "vitest";
import { cachingSts } from "../../shared/adapters/caching-sts.ts";
import { queueingSts } from "../../shared/adapters/queueing-sts.ts";
import { sharedCacheSts } from "../../shared/adapters/shared-cache-sts.ts";
import { granted, type Refusal, type Result, refused } from "../../shared/domain/refusal.ts";
import type { AssumeRole, Sts, TemporaryCredentials } from "../../shared/ports.ts";
import { callOf } from "../support/counted-sts.ts";
import { memoryStore } from "../support/memory-store.ts";
import { FENCE_CASES, FENCE_TIMEOUT_MS } from "../support/near-fence.ts";

/**
 * Users, policies and durations that lie close together ask two instances with one store, while time passes (mostly
 * forwards) and STS answers, is throttled, is gone or denies. Whatever comes: nobody gets credentials that were made for
 * another call, that are dead, or that are too old while STS could make new ones.
 */

const START_MS = Date.parse("2026-11-27T10:00:00Z");
const LIVES = [900, 2_399, 2_400, 3_600, 43_200];

const step = fc.record({
  user: fc.constantFrom("al", "alice", "bob"),
  policyOf: fc.constantFrom("al", "alice", "bob"),
  durationSeconds: fc.constantFrom(...LIVES),
  instance: fc.nat(1),
  passSeconds: fc.oneof(
    {
      weight: 6,
      arbitrary: fc.constantFrom(0, 0.5, 5, 29, 30, 31, 600, 1_200, 1_201, 1_800, 1_801, 3_540, 3_541),
    },
    { weight: 1, arbitrary: fc.constantFrom(-1, -59, -61, -3_600) },
  ),
  sts: fc.oneof(
    { weight: 5, arbitrary: fc.constant<"makes" | Refusal>("makes") },
    {
      weight: 3,
      arbitrary: fc.constantFrom<Refusal>(
        { code: "STS_THROTTLED", retryAfterSeconds: 2, stsPauseMs: 2_000 },
        { code: "STS_UNAVAILABLE", because: "timeout" },
        { code: "STS_DENIED", stsCode: "NoPermission" },
      ),
    },
  ),
});

it(
  "nobody gets what was made for another call, what is dead, or what is too old",
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 25 }), async (steps) => {
        let nowMs = START_MS;
        const clock = { nowMs: () => nowMs };
        const pause = async (ms: number): Promise<void> => {
          nowMs += ms;
        };
        const madeFor = new Map<string, { call: AssumeRole; credentials: TemporaryCredentials }>();
        let says: "makes" | Refusal = "makes";
        let asked = 0;
        const sts: Sts = {
          assumeRole: async (call): Promise<Result<TemporaryCredentials>> => {
            asked += 1;
            if (says !== "makes") return refused(says);
            const credentials = {
              accessKeyId: `STS.${asked}`,
              accessKeySecret: `secret ${asked}`,
              securityToken: `token ${asked}`,
              expiresAtMs: nowMs + call.durationSeconds * 1_000,
              stsRequestId: `request-${asked}`,
            };
            madeFor.set(credentials.accessKeyId, { call, credentials });
            return granted(credentials);
          },
        };
        const store = memoryStore(clock.nowMs);
        const instances = [1, 2].map(() =>
          cachingSts({
            sts: sharedCacheSts({
              sts: queueingSts({ sts, clock, pause }),
              store,
              clock,
              scope: "role",
              keys: [Buffer.alloc(32, 1)],
              pause,
            }),
            clock,
            maxEntries: 4,
          }),
        );
        for (const { user, policyOf, durationSeconds, instance, passSeconds, sts: next } of steps) {
          nowMs += passSeconds * 1_000;
          says = next;
          const call = callOf(user, { sessionPolicy: callOf(policyOf).sessionPolicy, durationSeconds });
          const before = asked;
          const result = await (instances[instance] as Sts).assumeRole(call);
          if (!result.ok) {
            if (asked > before) expect(result.refusal).toEqual(says);
            else expect(result.refusal.code).toBe("STS_THROTTLED");
            continue;
          }
          const { cachedIn, ...credentials } = result.value;
          const made = madeFor.get(credentials.accessKeyId);
          expect(credentials).toEqual(made?.credentials);
          expect(made?.call).toEqual(call);
          const leftSeconds = (credentials.expiresAtMs - nowMs) / 1_000;
          expect(leftSeconds).toBeLessThanOrEqual(durationSeconds + 60);
          expect(leftSeconds).toBeGreaterThanOrEqual(60);
          if (cachedIn === undefined) expect(asked).toBe(before + 1);
          if (cachedIn === "bridge") {
            if (asked > before) expect(says).not.toMatchObject({ code: "STS_DENIED" });
            if (asked > before) expect(says).not.toBe("makes");
          }
          if (cachedIn === "memory" || cachedIn === "shared") {
            expect(asked).toBe(before);
            expect(leftSeconds).toBeGreaterThanOrEqual(
              durationSeconds < 2_400 ? durationSeconds - 30 : Math.max(durationSeconds / 2, 1_200),
            );
          }
        }
      }),
      { numRuns: Math.ceil(FENCE_CASES / 10) },
    );
  },
  FENCE_TIMEOUT_MS,
);
