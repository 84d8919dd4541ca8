import { afterAll, expect, it } from "vitest";
import { fuzz } from "./engine/fuzzer.ts";
import type { FuzzTarget } from "./engine/target.ts";
import { TARGETS } from "./targets.ts";

/** A short, unguided slice of `npm run fuzz`: seeds, corpus, inputs that were findings once, and some changes of them. */

const opened: FuzzTarget[] = [];

afterAll(async () => {
  for (const target of opened) await target.close?.();
});

it.each(Object.keys(TARGETS))("%s: no input breaks a law", { timeout: 60_000 }, async (name) => {
  const { target } = (await import(`./targets/${name}.ts`)) as { readonly target: FuzzTarget };
  opened.push(target);
  const { findings, executions } = await fuzz(target, {
    seed: 1,
    seconds: Number.POSITIVE_INFINITY,
    executions: target.testExecutions ?? 300,
    recording: undefined,
    words: [],
  });
  expect(findings.map(({ message, input }) => ({ message, input: input.toString() }))).toEqual([]);
  expect(target.name).toBe(name);
  expect(executions).toBeGreaterThan(target.testExecutions ?? 300);
});
