import { describe, expect, it, vi } from "vitest";
import { type CredentialsOptions, createCredentials, ValetError } from "../../client/src/index.ts";
import {
  ENDPOINT,
  type FetchStep,
  fakeValet,
  NOON_MS,
  offline,
  optionsFor,
  refusal,
  tokenOf,
  vended,
} from "./fake-valet.ts";

const MINUTE_MS = 60_000;

describe("createCredentials", () => {
  it("gives what the function answered, under the names of the App's language", async () => {
    const valet = fakeValet();
    expect(await createCredentials(optionsFor(valet)).get()).toEqual({
      accessKeyId: "STS.key1",
      accessKeySecret: "secret1",
      securityToken: "token1",
      expiresAt: new Date(NOON_MS + 60 * MINUTE_MS),
      bucket: "examplebucket",
      region: "cn-hangzhou",
      endpoint: "https://oss-cn-hangzhou.aliyuncs.com",
      cname: false,
      prefix: "users/alice/",
      permissions: ["read", "write", "list"],
      grants: [
        {
          bucket: "examplebucket",
          endpoint: "https://oss-cn-hangzhou.aliyuncs.com",
          cname: false,
          prefix: "users/alice/",
          permissions: ["read", "write", "list"],
        },
      ],
      sessionName: "alice",
      requestId: "request-1",
    });
    expect(valet.calls).toMatchObject([{ url: ENDPOINT, appToken: tokenOf("alice") }]);
  });

  it("gives every grant, each with its own endpoint", async () => {
    const valet = fakeValet();
    const grants = [
      { Bucket: "files", KeyPrefix: "users/alice/", Permissions: ["read", "write"] },
      {
        Bucket: "docs",
        KeyPrefix: "",
        Permissions: ["read"],
        Endpoint: "https://oss.example.com",
        Cname: false,
      },
    ];
    const own = { OssBucket: "files", OssEndpoint: "https://files.example.com", OssCname: "true" };
    valet.next(() => Response.json({ ...vended(valet, 1), ...own, Grants: JSON.stringify(grants) }));
    expect(await createCredentials(optionsFor(valet)).get()).toMatchObject({
      cname: true,
      grants: [
        { bucket: "files", endpoint: "https://files.example.com", cname: true, prefix: "users/alice/" },
        {
          bucket: "docs",
          endpoint: "https://oss.example.com",
          cname: false,
          prefix: "",
          permissions: ["read"],
        },
      ],
    });
  });

  it.each<[string, CredentialsOptions["request"], string]>([
    ["nothing less than the rules grant", {}, ENDPOINT],
    [
      "a prefix, permissions and a duration",
      { prefix: "users/alice/a&b/", permissions: ["read", "list"], durationSeconds: 900 },
      `${ENDPOINT}?prefix=users%2Falice%2Fa%26b%2F&permissions=read%2Clist&durationSeconds=900`,
    ],
  ])("asks for %s", async (_case, request, url) => {
    const valet = fakeValet();
    await createCredentials(optionsFor(valet, request ? { request } : {})).get();
    expect(valet.calls[0]?.url).toBe(url);
  });

  it("keeps the query that the endpoint has", async () => {
    const valet = fakeValet();
    const endpoint = `${ENDPOINT}?durationSeconds=900`;
    await createCredentials(optionsFor(valet, { endpoint, request: { permissions: ["read"] } })).get();
    expect(valet.calls[0]?.url).toBe(`${endpoint}&permissions=read`);
  });

  it.each([
    "http://valet.example.com/credentials",
    "http://localhost.example.com/credentials",
    "http://127.0.0.1@example.com/",
    "//valet.example.com/credentials",
    "valet.example.com",
    "https://",
    "",
  ])("refuses the endpoint %j, to which an App token must not go", (endpoint) => {
    const wrong = () => createCredentials(optionsFor(fakeValet(), { endpoint }));
    expect(wrong).toThrow(ValetError);
    expect(wrong).toThrow(/^endpoint is ".*"; write https:/);
  });

  it.each([
    "http://localhost:9000/credentials",
    "http://127.0.0.1/credentials",
    "http://[::1]:1/",
    "/credentials",
  ])("takes the endpoint %j", (endpoint) => {
    expect(() => createCredentials(optionsFor(fakeValet(), { endpoint }))).not.toThrow();
  });

  it("refuses an App token in place of the function that gives it", () => {
    const appToken = tokenOf("alice") as unknown as CredentialsOptions["appToken"];
    expect(() => createCredentials(optionsFor(fakeValet(), { appToken }))).toThrow(
      "appToken is not a function; write () => token",
    );
  });

  describe("renewal", () => {
    it("makes one call for any number of callers", async () => {
      const valet = fakeValet();
      const credentials = createCredentials(optionsFor(valet));
      const all = await Promise.all(Array.from({ length: 50 }, () => credentials.get()));
      expect(new Set(all.map(({ accessKeyId }) => accessKeyId))).toEqual(new Set(["STS.key1"]));
      expect(valet.calls).toHaveLength(1);
    });

    it("happens at half of the life; the present credentials serve meanwhile", async () => {
      const valet = fakeValet();
      const credentials = createCredentials(optionsFor(valet));
      const first = await credentials.get();
      valet.pass(30 * MINUTE_MS - 1);
      expect(await credentials.get()).toBe(first);
      expect(valet.calls).toHaveLength(1);
      valet.pass(1);
      expect(await credentials.get()).toBe(first);
      await vi.waitFor(async () => expect((await credentials.get()).accessKeyId).toBe("STS.key2"));
      expect(valet.calls).toHaveLength(2);
    });

    it.each([
      ["the earliest", 0, 0.45],
      ["the latest", 0.999_999, 0.55],
    ])("has jitter: %s is at %d of the random range", async (_case, random, share) => {
      const valet = fakeValet();
      const credentials = createCredentials(optionsFor(valet, { random: () => random }));
      await credentials.get();
      valet.pass(60 * MINUTE_MS * share - 1000);
      await credentials.get();
      await turns();
      expect(valet.calls).toHaveLength(1);
      valet.pass(1000);
      await credentials.get();
      await turns();
      expect(valet.calls).toHaveLength(2);
    });

    it("is waited for in the last minute", async () => {
      const valet = fakeValet();
      const credentials = createCredentials(optionsFor(valet));
      await credentials.get();
      valet.pass(59 * MINUTE_MS);
      expect((await credentials.get()).accessKeyId).toBe("STS.key2");
    });

    it("that is due is waited for by a caller that keeps what it gets (fresh)", async () => {
      const valet = fakeValet();
      const credentials = createCredentials(optionsFor(valet));
      const first = await credentials.get({ fresh: true });
      valet.pass(30 * MINUTE_MS - 1);
      expect(await credentials.get({ fresh: true })).toBe(first);
      expect(valet.calls).toHaveLength(1);
      valet.pass(1);
      expect((await credentials.get({ fresh: true })).accessKeyId).toBe("STS.key2");
      expect(valet.calls).toHaveLength(2);
    });

    it("that is due and fails gives such a caller the present credentials, and nobody waits in the pause after it", async () => {
      const valet = fakeValet();
      const credentials = createCredentials(optionsFor(valet));
      const first = await credentials.get();
      valet.pass(31 * MINUTE_MS);
      valet.next(offline);
      expect(await credentials.get({ fresh: true })).toBe(first);
      expect(await credentials.get({ fresh: true })).toBe(first);
      expect(valet.calls).toHaveLength(2);
    });

    it("that fails never replaces credentials that live, up to their end", async () => {
      const valet = fakeValet();
      const errors: ValetError[] = [];
      const credentials = createCredentials(
        optionsFor(valet, { onError: (error) => void errors.push(error) }),
      );
      const first = await credentials.get();
      for (const [minute, outcome] of [
        [31, offline],
        [40, refusal(503, "StsThrottled")],
        [59.5, refusal(403, "AccessDenied")],
      ] as const) {
        valet.nowMs = NOON_MS + minute * MINUTE_MS;
        valet.next(outcome);
        expect(await credentials.get()).toBe(first);
        await turns();
      }
      expect(errors.map(({ code }) => code)).toEqual(["NetworkError", "StsThrottled", "AccessDenied"]);
      expect(valet.calls).toHaveLength(4);
      valet.nowMs = NOON_MS + 60 * MINUTE_MS;
      valet.next(refusal(403, "AccessDenied"));
      await expect(credentials.get()).rejects.toMatchObject({ code: "AccessDenied", retryable: false });
    });

    it("pauses after a failure, longer each time, and as long as Retry-After says", async () => {
      const valet = fakeValet();
      const credentials = createCredentials(optionsFor(valet));
      await credentials.get();
      valet.nowMs = NOON_MS + 31 * MINUTE_MS;
      const askedAfter = async (ms: number) => {
        valet.pass(ms);
        const before = valet.calls.length;
        await credentials.get();
        await turns();
        return valet.calls.length - before;
      };
      valet.next(offline, offline, refusal(503, "StsUnavailable", { "Retry-After": "90" }));
      expect(await askedAfter(0)).toBe(1);
      // With a random of 0.5: three quarters of one second, then of two.
      expect(await askedAfter(740)).toBe(0);
      expect(await askedAfter(20)).toBe(1);
      expect(await askedAfter(1480)).toBe(0);
      expect(await askedAfter(40)).toBe(1);
      expect(await askedAfter(89_990)).toBe(0);
      expect(await askedAfter(20)).toBe(1);
      expect((await credentials.get()).accessKeyId).toBe("STS.key5");
    });

    it("says each success and keeps on saying it", async () => {
      const valet = fakeValet();
      const renewed: string[] = [];
      const credentials = createCredentials(
        optionsFor(valet, { onRenew: ({ accessKeyId }) => void renewed.push(accessKeyId) }),
      );
      await credentials.get();
      valet.pass(60 * MINUTE_MS);
      await credentials.get();
      expect(renewed).toEqual(["STS.key1", "STS.key2"]);
    });

    it("goes on when an asynchronous callback of the App fails", async () => {
      const reported = vi.spyOn(console, "error").mockImplementation(() => {});
      const onRenew = async () => {
        throw new Error("a bug of the App");
      };
      await createCredentials(optionsFor(fakeValet(), { onRenew })).get();
      await turns();
      expect(reported.mock.calls.map(([error]) => String(error))).toEqual(["Error: a bug of the App"]);
    });

    it("goes on when a callback of the App throws", async () => {
      const valet = fakeValet();
      const thrower = () => {
        throw new Error("a bug of the App");
      };
      const reported = vi.spyOn(console, "error").mockImplementation(() => {});
      const credentials = createCredentials(optionsFor(valet, { onRenew: thrower, onError: thrower }));
      expect((await credentials.get()).accessKeyId).toBe("STS.key1");
      valet.pass(59.5 * MINUTE_MS);
      valet.next(refusal(403, "AccessDenied"));
      expect((await credentials.get()).accessKeyId).toBe("STS.key1");
      expect(reported.mock.calls.map(([error]) => String(error))).toEqual(
        Array(2).fill("Error: a bug of the App"),
      );
    });
  });

  describe("without credentials that live", () => {
    it.each([
      ["StsThrottled", 503],
      ["TooManyRequests", 429],
    ] as const)("tries again after what can pass, and waits for Retry-After: %s", async (code, status) => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      try {
        const valet = fakeValet();
        valet.next(offline, refusal(status, code, { "Retry-After": "7" }));
        const got = createCredentials(optionsFor(valet)).get();
        await vi.waitFor(() => expect(valet.calls).toHaveLength(1));
        await vi.advanceTimersByTimeAsync(750);
        await vi.waitFor(() => expect(valet.calls).toHaveLength(2));
        await turns();
        await vi.advanceTimersByTimeAsync(6999);
        expect(valet.calls).toHaveLength(2);
        await vi.advanceTimersByTimeAsync(1);
        expect((await got).accessKeyId).toBe("STS.key3");
      } finally {
        vi.useRealTimers();
      }
    });

    it("gives up after three attempts, with the last error", async () => {
      const valet = fakeValet();
      valet.next(offline, offline, refusal(503, "KeysUnavailable"));
      const error = await outcomeOf(() => createCredentials(optionsFor(valet)).get());
      expect(error).toMatchObject({ code: "KeysUnavailable" });
      expect(valet.calls).toHaveLength(3);
    });

    it("does not wait for a Retry-After of more than a minute", async () => {
      const valet = fakeValet();
      valet.next(refusal(503, "StsThrottled", { "Retry-After": "3600" }));
      const credentials = createCredentials(optionsFor(valet));
      await expect(credentials.get()).rejects.toMatchObject({
        code: "StsThrottled",
        retryAfterMs: 3_600_000,
      });
      await expect(credentials.get()).rejects.toMatchObject({ code: "StsThrottled" });
      expect(valet.calls).toHaveLength(1);
    });

    it("waits no longer than an hour, whatever Retry-After says", async () => {
      const valet = fakeValet();
      valet.next(refusal(503, "StsThrottled", { "Retry-After": "9".repeat(400) }));
      const credentials = createCredentials(optionsFor(valet));
      await expect(credentials.get()).rejects.toMatchObject({ retryAfterMs: 3_600_000 });
      valet.pass(60 * MINUTE_MS);
      expect((await credentials.get()).accessKeyId).toBe("STS.key2");
    });

    it.each([
      [refusal(403, "AccessDenied"), "AccessDenied", "valet"],
      [refusal(500, "ServerError"), "ServerError", "valet"],
      [refusal(400, "InvalidRequest"), "InvalidRequest", "valet"],
      [() => new Response("<html>", { status: 404 }), "InvalidAnswer", "network"],
      [() => new Response("<html>"), "InvalidAnswer", "network"],
      [() => Response.json({ Code: "Success" }), "InvalidAnswer", "network"],
    ] as const)("does not repeat what cannot pass: %#", async (outcome, code, source) => {
      const valet = fakeValet();
      valet.next(outcome);
      const error = await createCredentials(optionsFor(valet))
        .get()
        .catch((error: unknown) => error);
      expect(error).toBeInstanceOf(ValetError);
      expect(error).toMatchObject({ code, source, retryable: false });
      expect(valet.calls).toHaveLength(1);
    });

    it.each<[string, object]>([
      ["a time that is none", { Expiration: "soon" }],
      ["an end before the beginning", { Expiration: "2026-11-26T11:00:00Z" }],
      ["a key that is no text", { AccessKeyId: 7 }],
      ["grants that are no JSON", { Grants: "[" }],
      ["grants that are no list", { Grants: "{}" }],
      ["grants that hold nothing", { Grants: "[null]" }],
      ["no bucket", { OssBucket: undefined }],
      ["permissions that are no text", { Permissions: ["read"] }],
    ])("does not take an answer with %s for credentials", async (_case, change) => {
      const valet = fakeValet();
      valet.next(() => Response.json({ ...vended(valet, 1), ...change }));
      await expect(createCredentials(optionsFor(valet)).get()).rejects.toMatchObject({
        code: "InvalidAnswer",
      });
    });

    it("gives status, request id and the function's message", async () => {
      const valet = fakeValet();
      valet.next(refusal(403, "AccessDenied"));
      await expect(createCredentials(optionsFor(valet)).get()).rejects.toMatchObject({
        message: "It is AccessDenied.",
        status: 403,
        requestId: "request-r",
      });
    });

    it("ends a call that hangs, after the time limit", async () => {
      const valet = fakeValet();
      const hang: FetchStep = (_url, { signal }) =>
        new Promise((_resolve, reject) => {
          if (signal?.aborted) reject(signal.reason);
          signal?.addEventListener("abort", () => reject(signal.reason));
        });
      valet.next(hang, hang, hang);
      const error = await outcomeOf(() => createCredentials(optionsFor(valet, { timeoutMs: 5 })).get());
      expect(error).toMatchObject({ code: "Timeout", retryable: true });
      expect(String(error)).toBe(`ValetError: ${ENDPOINT} did not answer in 5 ms`);
    });
  });

  describe("the App token", () => {
    it("is asked for before each call", async () => {
      const valet = fakeValet();
      const tokens = [tokenOf("alice", { jti: "1" }), tokenOf("alice", { jti: "2" })];
      const credentials = createCredentials(optionsFor(valet, { appToken: () => tokens.shift() ?? "" }));
      await credentials.get();
      valet.pass(60 * MINUTE_MS);
      await credentials.get();
      expect(valet.calls.map(({ appToken }) => appToken)).toEqual([
        tokenOf("alice", { jti: "1" }),
        tokenOf("alice", { jti: "2" }),
      ]);
    });

    it("is asked for once more after a 401, and not twice", async () => {
      const valet = fakeValet();
      const asked: boolean[] = [];
      const appToken = async ({ refused }: { readonly refused: boolean }) => {
        asked.push(refused);
        return refused ? "fresh" : "old";
      };
      const credentials = createCredentials(optionsFor(valet, { appToken }));
      valet.next(refusal(401, "TokenExpired"));
      await credentials.get();
      expect(asked).toEqual([false, true]);
      expect(valet.calls.map(({ appToken }) => appToken)).toEqual(["old", "fresh"]);
      valet.pass(60 * MINUTE_MS);
      valet.next(refusal(401, "TokenExpired"), refusal(401, "InvalidToken"));
      await expect(credentials.get()).rejects.toMatchObject({
        code: "InvalidToken",
        status: 401,
        retryable: false,
      });
      expect(asked).toEqual([false, true, false, true]);
    });

    it.each<[string, () => unknown, string]>([
      ["throws", () => Promise.reject(new Error("no session")), "appToken() failed"],
      ["gives nothing", () => undefined, "appToken() gave no text; return the JWT of the signed-in user"],
      ["gives an empty text", () => "", "appToken() gave no text; return the JWT of the signed-in user"],
    ])("whose function %s is an error of the App, and nothing is sent", async (_case, appToken, message) => {
      const valet = fakeValet();
      const credentials = createCredentials(
        optionsFor(valet, { appToken: appToken as CredentialsOptions["appToken"] }),
      );
      await expect(credentials.get()).rejects.toMatchObject({
        code: "AppTokenFailed",
        source: "app",
        message,
      });
      expect(valet.calls).toEqual([]);
    });

    it("of another user never gets the credentials of the one before, even when the call fails", async () => {
      const valet = fakeValet();
      let sub = "alice";
      const credentials = createCredentials(optionsFor(valet, { appToken: () => tokenOf(sub) }));
      await credentials.get();
      sub = "bob";
      valet.pass(59.5 * MINUTE_MS);
      valet.next(refusal(403, "AccessDenied"));
      await expect(credentials.get()).rejects.toMatchObject({ code: "AccessDenied" });
    });
  });

  describe("time", () => {
    it.each([-20, 20, 600])(
      "is the server's: a device %d minutes ahead renews at the right moment",
      async (minutes) => {
        const valet = fakeValet();
        valet.deviceAheadMs = minutes * MINUTE_MS;
        const credentials = createCredentials(optionsFor(valet));
        await credentials.get();
        expect(credentials.now()).toBe(NOON_MS);
        valet.pass(29 * MINUTE_MS);
        await credentials.get();
        await turns();
        expect(valet.calls).toHaveLength(1);
        valet.pass(2 * MINUTE_MS);
        await credentials.get();
        await turns();
        expect(valet.calls).toHaveLength(2);
      },
    );

    it("is taken from the header Date where the answer has no LastUpdated", async () => {
      const valet = fakeValet();
      valet.deviceAheadMs = 20 * MINUTE_MS;
      const { LastUpdated: _, ...body } = vended(valet, 1);
      const headers = { Date: new Date(valet.nowMs).toUTCString() };
      valet.next(() => Response.json(body, { headers }));
      const credentials = createCredentials(optionsFor(valet));
      await credentials.get();
      expect(credentials.now()).toBe(NOON_MS);
    });

    it("goes on when somebody sets the device's clock back, and after a sleep that stopped performance.now", async () => {
      const { clock: _, ...options } = optionsFor(fakeValet());
      let wallMs = NOON_MS;
      let runningMs = 5;
      vi.spyOn(Date, "now").mockImplementation(() => wallMs);
      vi.spyOn(performance, "now").mockImplementation(() => runningMs);
      const credentials = createCredentials(options);
      wallMs -= 120 * MINUTE_MS;
      runningMs += MINUTE_MS;
      expect(credentials.now()).toBe(NOON_MS + MINUTE_MS);
      wallMs = NOON_MS + 60 * MINUTE_MS;
      expect(credentials.now()).toBe(NOON_MS + 60 * MINUTE_MS);
    });

    it("can be corrected by what OSS says", () => {
      const credentials = createCredentials(optionsFor(fakeValet()));
      credentials.correctClock(NOON_MS + 5);
      expect(credentials.now()).toBe(NOON_MS + 5);
    });
  });

  describe("invalidate", () => {
    it("makes the next get ask anew, once for all who saw the same failure", async () => {
      const valet = fakeValet();
      const credentials = createCredentials(optionsFor(valet));
      const first = await credentials.get();
      credentials.invalidate(first);
      const second = await credentials.get();
      expect(second.accessKeyId).toBe("STS.key2");
      credentials.invalidate(first);
      expect(await credentials.get()).toBe(second);
    });

    it("names the refused key to the function, which may have kept it; nothing is named before", async () => {
      const valet = fakeValet();
      const credentials = createCredentials(optionsFor(valet));
      credentials.invalidate(await credentials.get());
      await credentials.get();
      expect(valet.calls.map(({ refusedKey }) => refusedKey)).toEqual([null, "STS.key1"]);
    });

    it("without an argument means the present ones", async () => {
      const valet = fakeValet();
      const credentials = createCredentials(optionsFor(valet));
      credentials.invalidate();
      await credentials.get();
      credentials.invalidate();
      await credentials.get();
      expect(valet.calls).toHaveLength(2);
    });

    it("is believed five times a minute: a bucket that refuses every key does not use up the quota of STS", async () => {
      const valet = fakeValet();
      const credentials = createCredentials(optionsFor(valet));
      for (let at = 0; at < 20; at += 1) credentials.invalidate(await credentials.get());
      expect(valet.calls).toHaveLength(6);
      valet.pass(MINUTE_MS);
      credentials.invalidate(await credentials.get());
      await credentials.get();
      expect(valet.calls).toHaveLength(7);
    });
  });

  describe("abort", () => {
    it("throws the signal's reason and does not disturb the others", async () => {
      const valet = fakeValet();
      const credentials = createCredentials(optionsFor(valet));
      const aborter = new AbortController();
      const aborted = credentials.get({ signal: aborter.signal });
      const other = credentials.get();
      aborter.abort();
      await expect(aborted).rejects.toBe(aborter.signal.reason);
      expect((await other).accessKeyId).toBe("STS.key1");
      expect(valet.calls).toHaveLength(1);
    });

    it("before the call sends nothing", async () => {
      const valet = fakeValet();
      const signal = AbortSignal.abort();
      await expect(createCredentials(optionsFor(valet)).get({ signal })).rejects.toBe(signal.reason);
      expect(valet.calls).toEqual([]);
    });
  });

  it("keeps secrets out of every error", async () => {
    const found: unknown[] = [];
    for (const outcomeFor of [
      () => offline,
      (body: object) => () => Response.json(body),
      (body: object) => () => Response.json(body, { status: 400 }),
    ]) {
      const valet = fakeValet();
      const { AccessKeyId: _, ...body } = vended(valet, 1);
      const outcome = outcomeFor(body);
      valet.next(outcome, outcome, outcome);
      const onError = (error: ValetError) => void found.push(error);
      found.push(await outcomeOf(() => createCredentials(optionsFor(valet, { onError })).get()));
    }
    const texts = found.map((error) => JSON.stringify({ ...(error as object), message: String(error) }));
    expect(texts).toHaveLength(8);
    for (const text of texts) expect(text).not.toMatch(/secret1|token1|eyJ/);
  });
});

/** How the work ends when time passes as fast as it can. */
async function outcomeOf(work: () => Promise<unknown>): Promise<unknown> {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    let ended = false;
    const outcome = work().catch((error: unknown) => error);
    void outcome.then(() => {
      ended = true;
    });
    while (!ended) {
      await turns();
      await vi.advanceTimersByTimeAsync(100);
    }
    return await outcome;
  } finally {
    vi.useRealTimers();
  }
}

/** Lets everything happen that waits for no timer. */
async function turns(): Promise<void> {
  for (let at = 0; at < 5; at += 1) await new Promise((resolve) => setImmediate(resolve));
}
