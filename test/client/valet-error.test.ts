import { describe, expect, it } from "vitest";
import { ValetError } from "../../client/src/valet-error.ts";

describe("ValetError", () => {
  it("is an Error with every fact as a property, and the cause where the language has it", () => {
    const cause = new TypeError("fetch failed");
    const error = new ValetError("No answer.", {
      code: "NetworkError",
      source: "network",
      retryable: true,
      cause,
    });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: "ValetError",
      message: "No answer.",
      code: "NetworkError",
      retryable: true,
    });
    expect(error.cause).toBe(cause);
  });

  it("has no cause where there is none", () => {
    const error = new ValetError("Busy.", {
      code: "StsThrottled",
      source: "valet",
      retryable: true,
      status: 503,
    });
    expect("cause" in error).toBe(false);
  });
});
