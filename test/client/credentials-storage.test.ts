import { describe, expect, it, vi } from "vitest";
import { userOf } from "../../client/src/credentials/token-user.ts";
import { type CredentialsStorage, createCredentials } from "../../client/src/index.ts";
import { ENDPOINT, fakeValet, NOON_MS, optionsFor, refusal, tokenOf } from "./fake-valet.ts";

const MINUTE_MS = 60_000;

describe("storage", () => {
  it.each([
    ["synchronous, as sessionStorage", memory],
    ["asynchronous, as React Native's", () => asynchronous(memory())],
  ])("keeps credentials through a reload: %s", async (_case, make) => {
    const valet = fakeValet();
    const storage = make();
    const before = await createCredentials(optionsFor(valet, { storage })).get();
    valet.pass(10 * MINUTE_MS);
    const reloaded = createCredentials(optionsFor(valet, { storage }));
    expect(await reloaded.get()).toEqual(before);
    expect(valet.calls).toHaveLength(1);
  });

  it("keeps the server's time too, for a device whose clock is wrong", async () => {
    const valet = fakeValet();
    valet.deviceAheadMs = 20 * MINUTE_MS;
    const storage = memory();
    await createCredentials(optionsFor(valet, { storage })).get();
    const reloaded = createCredentials(optionsFor(valet, { storage }));
    await reloaded.get();
    expect(reloaded.now()).toBe(NOON_MS);
  });

  it("is not believed from half of the life on", async () => {
    const valet = fakeValet();
    const storage = memory();
    await createCredentials(optionsFor(valet, { storage })).get();
    valet.pass(31 * MINUTE_MS);
    expect((await createCredentials(optionsFor(valet, { storage })).get()).accessKeyId).toBe("STS.key2");
  });

  it.each<[string, string, object]>([
    ["another user", "bob", {}],
    ["the same user with other roles", "alice", { roles: ["editor"] }],
    ["a user of another issuer", "alice", { iss: "https://other.example.com" }],
  ])("never gives credentials to %s", async (_case, sub, claims) => {
    const valet = fakeValet();
    const storage = memory();
    await createCredentials(optionsFor(valet, { storage })).get();
    const appToken = () => tokenOf(sub, claims);
    const theirs = await createCredentials(optionsFor(valet, { storage, appToken })).get();
    expect(theirs.accessKeyId).toBe("STS.key2");
  });

  it("gives them to the same user with a newer token", async () => {
    const valet = fakeValet();
    const storage = memory();
    const tokens = [1, 2].map((at) => tokenOf("alice", { iat: at, exp: 100 + at, jti: `${at}` }));
    for (const token of tokens)
      await createCredentials(optionsFor(valet, { storage, appToken: () => token })).get();
    expect(valet.calls).toHaveLength(1);
  });

  it("is not used when the token does not say whose it is", async () => {
    const valet = fakeValet();
    const storage = memory();
    await createCredentials(optionsFor(valet, { storage, appToken: () => "opaque" })).get();
    expect(storage.size()).toBe(0);
  });

  it("has another record for another endpoint and for less than the rules grant", async () => {
    const valet = fakeValet();
    const storage = memory();
    await createCredentials(optionsFor(valet, { storage })).get();
    await createCredentials(optionsFor(valet, { storage, request: { permissions: ["read"] } })).get();
    await createCredentials(optionsFor(valet, { storage, endpoint: `${ENDPOINT}2` })).get();
    expect(valet.calls).toHaveLength(3);
  });

  it("does not bring back credentials that OSS has refused", async () => {
    const valet = fakeValet();
    const credentials = createCredentials(optionsFor(valet, { storage: memory() }));
    credentials.invalidate(await credentials.get());
    expect((await credentials.get()).accessKeyId).toBe("STS.key2");
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("full");
      },
    ],
    ["holds something else", () => "{}"],
    ["holds no JSON", () => "{"],
    ["holds no credentials", () => JSON.stringify({ user: userOf(tokenOf("alice")), offsetMs: 0 })],
    ["holds credentials without a key", () => JSON.stringify({ user: "x", offsetMs: 0, body: {} })],
  ])("that %s is like none", async (_case, getItem) => {
    const valet = fakeValet();
    const fail = () => {
      throw new Error("full");
    };
    const storage = { getItem, setItem: fail, removeItem: fail };
    const credentials = createCredentials(optionsFor(valet, { storage }));
    expect((await credentials.get()).accessKeyId).toBe("STS.key1");
    await credentials.forget();
  });
});

describe("forget", () => {
  it("takes the credentials out of memory and out of the storage", async () => {
    const valet = fakeValet();
    const storage = memory();
    const credentials = createCredentials(optionsFor(valet, { storage }));
    await credentials.get();
    await credentials.forget();
    expect(storage.size()).toBe(0);
    valet.next(refusal(401, "MissingToken"), refusal(401, "MissingToken"));
    await expect(credentials.get()).rejects.toMatchObject({ code: "MissingToken" });
  });

  it("removes what a slow storage is still writing", async () => {
    const items = memory();
    let write: (() => void) | undefined;
    const setItem = (key: string, value: string) =>
      new Promise<void>((resolve) => {
        write = () => resolve(items.setItem(key, value));
      });
    let isSignedIn = true;
    const appToken = () => (isSignedIn ? tokenOf("alice") : "");
    const storage = { ...items, setItem };
    const credentials = createCredentials(optionsFor(fakeValet(), { storage, appToken }));
    const asked = credentials.get();
    await vi.waitFor(() => expect(write).toBeDefined());
    isSignedIn = false;
    const forgotten = credentials.forget();
    // Time for a removal that would not wait for the write.
    await new Promise((resolve) => setImmediate(resolve));
    write?.();
    await forgotten;
    await expect(asked).rejects.toMatchObject({ code: "AppTokenFailed" });
    expect(items.size()).toBe(0);
  });

  it("during a call keeps nothing of its answer", async () => {
    const valet = fakeValet();
    const storage = memory();
    const written: string[] = [];
    const setItem = (key: string, value: string) => {
      written.push(value);
      storage.setItem(key, value);
    };
    let sub = "alice";
    const credentials = createCredentials(
      optionsFor(valet, { storage: { ...storage, setItem }, appToken: () => tokenOf(sub) }),
    );
    const asked = credentials.get();
    await new Promise((resolve) => setImmediate(resolve));
    await credentials.forget();
    sub = "bob";
    expect((await asked).accessKeyId).toBe("STS.key2");
    expect(written).toEqual([expect.stringContaining("STS.key2")]);
    expect(valet.calls.map(({ appToken }) => appToken)).toEqual([tokenOf("alice"), tokenOf("bob")]);
  });
});

function memory() {
  const items = new Map<string, string>();
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
    size: () => items.size,
  };
}

function asynchronous(storage: CredentialsStorage): CredentialsStorage {
  return {
    getItem: async (key) => storage.getItem(key),
    setItem: async (key, value) => storage.setItem(key, value),
    removeItem: async (key) => storage.removeItem(key),
  };
}
