import { describe, expect, it } from "vitest";
import { callersSpan } from "../../../../shared/adapters/opentelemetry/trace-parent.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";
const VALID = `00-${TRACE}-${SPAN}-01`;

describe("the caller's traceparent", () => {
  it.each([
    ["sampled", "01", 1],
    ["not sampled", "00", 0],
    ["with flags that nobody knows yet", "fe", 0],
  ])("%s is read", (_what, flags, traceFlags) => {
    expect(callersSpan([`00-${TRACE}-${SPAN}-${flags}`])).toEqual({
      traceId: TRACE,
      spanId: SPAN,
      traceFlags,
      isRemote: true,
    });
  });

  it("of a later version is read, with what that has more", () => {
    expect(callersSpan([`01-${TRACE}-${SPAN}-01-what-comes`])?.traceId).toBe(TRACE);
  });

  it.each([
    ["none", []],
    ["two", [VALID, VALID]],
    ["an empty one", [""]],
    ["capitals", [VALID.toUpperCase()]],
    ["a trace of zeros", [`00-${"0".repeat(32)}-${SPAN}-01`]],
    ["a span of zeros", [`00-${TRACE}-${"0".repeat(16)}-01`]],
    ["version ff", [`ff-${TRACE}-${SPAN}-01`]],
    ["version 00 with more", [`${VALID}-more`]],
    ["a line break behind it", [`${VALID}\n`]],
    ["a text before it", [`x${VALID}`]],
    ["a trace that is too short", [`00-${TRACE.slice(1)}-${SPAN}-01`]],
  ])("that is %s makes a trace of our own", (_what, headers) => {
    expect(callersSpan(headers)).toBeUndefined();
  });
});
