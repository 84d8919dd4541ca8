import type { KeyObject } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FetchJson } from "../../../shared/adapters/jwks-keys/fetch-json.ts";
import { jwksKeys } from "../../../shared/adapters/jwks-keys.ts";
import type { Issuer } from "../../../shared/domain/token/issuer.ts";
import type { SigningKeys } from "../../../shared/ports.ts";
import { type FakeClock, fakeClock, invalid, issuerOf, jwkOf, keyPair } from "../../support/tokens.ts";

const first = keyPair("P-256", "first").publicKey;
const second = keyPair("P-256", "second").publicKey;
const ONE = { keys: [jwkOf(first, { kid: "one" })] };
const BOTH = { keys: [jwkOf(first, { kid: "one" }), jwkOf(second, { kid: "two" })] };
const DOWN = new Error("is down");

const found = (key: KeyObject) => ({ ok: true, value: key.export({ format: "jwk" }) });
const unavailable = (retryAfterSeconds: number) => ({
  ok: false,
  refusal: { code: "KEYS_UNAVAILABLE", issuer: "login", retryAfterSeconds },
});

let clock: FakeClock;
let fetchJson: ReturnType<typeof vi.fn<FetchJson>>;
let warnings: string[];

beforeEach(() => {
  clock = fakeClock();
  fetchJson = vi.fn<FetchJson>(async () => ONE);
  warnings = [];
});

/** maxAge 600, cooldown 10, maxStale 3,600 seconds. */
function keysOf(change: Partial<Issuer> = {}): SigningKeys {
  return jwksKeys({
    issuer: issuerOf({
      keys: { kind: "jwks", url: "https://login.example.com/jwks.json" },
      jwksCache: { maxAgeSeconds: 600, cooldownSeconds: 10, maxStaleSeconds: 3_600 },
      ...change,
    }),
    clock,
    fetchJson,
    onWarning: (message) => warnings.push(message),
  });
}

/** With the key as a JWK: to vitest, two KeyObjects are as good as equal. */
async function ask(keys: SigningKeys, kid: string | undefined): Promise<unknown> {
  const result = await keys.keyFor({ kid, algorithm: "ES256" });
  return result.ok ? found(result.value) : result;
}

describe("a fresh set", () => {
  it("is fetched when it is first needed, and not when the keys are built", async () => {
    const keys = keysOf();
    expect(fetchJson).not.toHaveBeenCalled();
    expect(await ask(keys, "one")).toEqual(found(first));
    expect(fetchJson).toHaveBeenCalledExactlyOnceWith(new URL("https://login.example.com/jwks.json"), 3_000);
  });

  it("answers for ten minutes without a fetch", async () => {
    const keys = keysOf();
    await ask(keys, "one");
    clock.advance(599.9);
    expect(await ask(keys, "one")).toEqual(found(first));
    expect(fetchJson).toHaveBeenCalledTimes(1);
  });

  it("is fetched once for everybody who needs it at the same time", async () => {
    const keys = keysOf();
    const results = await Promise.all(Array.from({ length: 100 }, () => ask(keys, "one")));
    expect(results).toEqual(Array(100).fill(found(first)));
    expect(fetchJson).toHaveBeenCalledTimes(1);
  });

  it("is replaced whole after ten minutes: a key that the issuer has removed is gone", async () => {
    fetchJson.mockResolvedValue(BOTH);
    const keys = keysOf();
    await ask(keys, "two");
    fetchJson.mockResolvedValue(ONE);
    clock.advance(600);
    expect(await ask(keys, "two")).toEqual(invalid("key-id"));
    expect(await ask(keys, "one")).toEqual(found(first));
    expect(fetchJson).toHaveBeenCalledTimes(2);
  });
});

describe("an unknown kid", () => {
  it("makes one fetch, which finds a key that is new", async () => {
    const keys = keysOf();
    await ask(keys, "one");
    fetchJson.mockResolvedValue(BOTH);
    clock.advance(10);
    expect(await ask(keys, "two")).toEqual(found(second));
    expect(fetchJson).toHaveBeenCalledTimes(2);
  });

  it("makes no second fetch right after the one that brought the set", async () => {
    const keys = keysOf();
    expect(await ask(keys, "two")).toEqual(invalid("key-id"));
    expect(fetchJson).toHaveBeenCalledTimes(1);
  });

  it("makes none within the cooldown after a success", async () => {
    const keys = keysOf();
    await ask(keys, "one");
    clock.advance(9.9);
    expect(await ask(keys, "two")).toEqual(invalid("key-id"));
    expect(fetchJson).toHaveBeenCalledTimes(1);
  });

  it("makes none within the cooldown after a failure, and refuses no token for a key that may be new", async () => {
    const keys = keysOf();
    await ask(keys, "one");
    fetchJson.mockRejectedValue(DOWN);
    clock.advance(10);
    expect(await ask(keys, "two")).toEqual(unavailable(10));
    clock.advance(9.9);
    expect(await ask(keys, "two")).toEqual(unavailable(1));
    expect(fetchJson).toHaveBeenCalledTimes(2);
    expect(await ask(keys, "one")).toEqual(found(first));
  });

  it("does not make those wait whose kid is known", async () => {
    const keys = keysOf();
    await ask(keys, "one");
    clock.advance(10);
    fetchJson.mockReturnValue(new Promise(() => undefined));
    void ask(keys, "two");
    expect(await ask(keys, "one")).toEqual(found(first));
  });
});

describe("a token without a kid", () => {
  const noKid = { keys: [jwkOf(first)] };
  it.each([
    ["the set's only key, without a kid too", noKid],
    ["the set's only key, though that has a kid", ONE],
    [
      "the only key for its algorithm",
      { keys: [jwkOf(first), jwkOf(keyPair("P-384").publicKey), jwkOf(keyPair("rsa").publicKey)] },
    ],
  ])("is verified with %s", async (_case, set) => {
    fetchJson.mockResolvedValue(set);
    expect(await ask(keysOf({ algorithms: ["ES256", "ES384", "RS256"] }), undefined)).toEqual(found(first));
  });

  it("is refused where two keys could be meant", async () => {
    fetchJson.mockResolvedValue(BOTH);
    expect(await ask(keysOf(), undefined)).toEqual(invalid("key-id"));
  });

  it("does not mean that a token with a kid may use a key without one", async () => {
    fetchJson.mockResolvedValue(noKid);
    expect(await ask(keysOf(), "one")).toEqual(invalid("key-id"));
  });
});

describe("while the issuer cannot be reached", () => {
  it("nothing is verified before the first set has come", async () => {
    fetchJson.mockRejectedValue(DOWN);
    const keys = keysOf();
    expect(await ask(keys, "one")).toEqual(unavailable(10));
    clock.advance(4.2);
    expect(await ask(keys, "one")).toEqual(unavailable(6));
    expect(fetchJson).toHaveBeenCalledTimes(1);
  });

  it("it is asked again after the cooldown, and then all is well", async () => {
    fetchJson.mockRejectedValueOnce(DOWN);
    const keys = keysOf();
    await ask(keys, "one");
    clock.advance(10);
    expect(await ask(keys, "one")).toEqual(found(first));
  });

  it("the old set serves up to an hour, with one fetch each cooldown", async () => {
    const keys = keysOf();
    await ask(keys, "one");
    fetchJson.mockRejectedValue(DOWN);
    clock.advance(600);
    for (const _second of Array(20)) {
      expect(await ask(keys, "one")).toEqual(found(first));
      clock.advance(1);
    }
    expect(fetchJson).toHaveBeenCalledTimes(3);
    clock.advance(3_600 - 620 - 1);
    expect(await ask(keys, "one")).toEqual(found(first));
  });

  it("the old set is not trusted for longer than that", async () => {
    const keys = keysOf();
    await ask(keys, "one");
    fetchJson.mockRejectedValue(DOWN);
    clock.advance(3_600);
    expect(await ask(keys, "one")).toEqual(unavailable(10));
  });

  it("the operator hears why, with the address", async () => {
    fetchJson.mockRejectedValue(DOWN);
    await ask(keysOf(), "one");
    expect(warnings).toEqual(["issuer login: no keys fetched: https://login.example.com/jwks.json is down"]);
  });
});

describe("a set without one usable key", () => {
  const EMPTY = { keys: [] };
  it("counts as a failure: the keys in hand stay", async () => {
    const keys = keysOf();
    await ask(keys, "one");
    fetchJson.mockResolvedValue(EMPTY);
    clock.advance(600);
    expect(await ask(keys, "one")).toEqual(found(first));
    clock.advance(599);
    expect(await ask(keys, "one")).toEqual(found(first));
  });

  it("takes effect once it has been there for ten minutes", async () => {
    const keys = keysOf();
    await ask(keys, "one");
    fetchJson.mockResolvedValue(EMPTY);
    clock.advance(600);
    await ask(keys, "one");
    clock.advance(600);
    expect(await ask(keys, "one")).toEqual(invalid("key-id"));
  });

  it("starts anew after keys have been there in between", async () => {
    const keys = keysOf();
    fetchJson.mockResolvedValueOnce(EMPTY).mockResolvedValueOnce(ONE).mockResolvedValue(EMPTY);
    await ask(keys, "one");
    clock.advance(10);
    await ask(keys, "one");
    clock.advance(600);
    expect(await ask(keys, "one")).toEqual(found(first));
  });
});

describe("after a freeze of the instance", () => {
  it("a fetch that never came back is not waited for", async () => {
    const keys = keysOf();
    fetchJson.mockReturnValueOnce(new Promise(() => undefined));
    void ask(keys, "one");
    clock.advance(3);
    expect(await ask(keys, "one")).toEqual(found(first));
    expect(fetchJson).toHaveBeenCalledTimes(2);
  });

  it("an answer that was overtaken does not replace a newer set", async () => {
    let answerLate: (set: unknown) => void = () => undefined;
    fetchJson.mockReturnValueOnce(
      new Promise((resolve) => {
        answerLate = resolve;
      }),
    );
    const keys = keysOf();
    const waiting = ask(keys, "one");
    clock.advance(60);
    await ask(keys, "one");
    answerLate(BOTH);
    await waiting;
    expect(await ask(keys, "two")).toEqual(invalid("key-id"));
  });

  it("the time asleep does not count as a cooldown after a failure", async () => {
    let failLate: (error: Error) => void = () => undefined;
    fetchJson.mockReturnValueOnce(
      new Promise((_resolve, reject) => {
        failLate = reject;
      }),
    );
    const keys = keysOf();
    const waiting = ask(keys, "one");
    clock.advance(60);
    failLate(DOWN);
    expect(await waiting).toEqual(unavailable(1));
    expect(await ask(keys, "one")).toEqual(found(first));
  });
});

it("a clock that is set back a year neither keeps a set for a year nor starts a storm", async () => {
  const keys = keysOf();
  await ask(keys, "one");
  clock.advance(-31_536_000);
  await ask(keys, "one");
  await ask(keys, "one");
  expect(fetchJson).toHaveBeenCalledTimes(2);
});

describe("a document of all tenants", () => {
  const stated = {
    issuer: "https://login.example.com/{tenantid}/v2.0",
    jwks_uri: "https://login.example.com/common/keys",
  };

  it.each([
    [
      "https://login.example.com/common/v2.0",
      "this address is for all tenants; write the ID of your own tenant, as the tokens' iss has it: issuer: https://login.example.com/<tenant ID>/v2.0",
    ],
    [
      "https://login.example.com/elsewhere/v2.0",
      "this address is for all tenants; write the ID of your own tenant, as the tokens' iss has it",
    ],
  ])("is refused for %s, and both issuers are named", async (issuer, advice) => {
    fetchJson.mockResolvedValue(stated);
    expect(await ask(keysOf({ keys: { kind: "discovery" }, issuer }), "one")).toEqual(unavailable(10));
    expect(warnings).toEqual([
      `issuer login: no keys fetched: ${issuer}/.well-known/openid-configuration is the document of another issuer: it says "https://login.example.com/{tenantid}/v2.0", and access.yaml "${issuer}"; ${advice}`,
    ]);
  });
});

describe("a map of certificates in place of a key set", () => {
  const CERTIFICATES = { "key-1": "-----BEGIN CERTIFICATE-----\nMIID\n-----END CERTIFICATE-----\n" };
  const google = "https://www.googleapis.com";
  it.each([
    [
      `${google}/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com`,
      `write jwks: ${google}/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com`,
    ],
    [`${google}/oauth2/v1/certs`, `write jwks: ${google}/oauth2/v3/certs`],
    [
      `${google}/identitytoolkit/v3/relyingparty/publicKeys`,
      "write jwks: https://identitytoolkit.googleapis.com/v1/sessionCookiePublicKeys",
    ],
    [
      "https://login.example.com/robot/v1/metadata/x509/a@b.example",
      "write the address of the JWK Set (jwks_uri) that the provider documents",
    ],
  ])("at %s is refused, with the documented address", async (url, advice) => {
    fetchJson.mockResolvedValue(CERTIFICATES);
    expect(await ask(keysOf({ keys: { kind: "jwks", url } }), "key-1")).toEqual(unavailable(10));
    expect(warnings).toEqual([
      `issuer login: no keys fetched: ${url} is a map of certificates; the issuer's JWK Set has another address; ${advice}`,
    ]);
  });

  it("and its siblings say what they are: a map of keys, a discovery document", async () => {
    const keys = keysOf({ keys: { kind: "jwks", url: "https://www.gstatic.com/iap/verify/public_key" } });
    fetchJson.mockResolvedValue({ a: "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n" });
    await ask(keys, "a");
    clock.advance(10);
    fetchJson.mockResolvedValue({ issuer: "https://evil.example/\n", jwks_uri: "https://evil.example/" });
    await ask(keys, "a");
    expect(warnings).toEqual([
      "issuer login: no keys fetched: https://www.gstatic.com/iap/verify/public_key is a map of PEM keys; the issuer's JWK Set has another address; write jwks: https://www.gstatic.com/iap/verify/public_key-jwk",
      "issuer login: no keys fetched: https://www.gstatic.com/iap/verify/public_key is a discovery document, not a key set; write its jwks_uri as jwks, or delete jwks if it is the document of this issuer",
    ]);
  });

  it("whose value is not a text, or which is empty, is not a map of certificates", async () => {
    for (const document of [{}, { ...CERTIFICATES, b: 1 }, { keys: CERTIFICATES }]) {
      fetchJson.mockResolvedValue(document);
      await ask(keysOf(), "key-1");
    }
    expect(warnings).toEqual(
      Array(3).fill(expect.stringContaining("is not a JSON object with an array of keys")),
    );
  });
});

describe("discovery", () => {
  const document = "https://login.example.com/.well-known/openid-configuration";
  const jwks = "https://keys.example.net/jwks";
  const discovered: Partial<Issuer> = { keys: { kind: "discovery" } };
  let configuration: unknown;

  beforeEach(() => {
    configuration = { issuer: "https://login.example.com/", jwks_uri: jwks };
    fetchJson.mockImplementation(async (url) => (url.href === document ? configuration : ONE));
  });

  it("finds the key set, on whichever host the issuer says, within one deadline", async () => {
    fetchJson.mockImplementation(async (url) => {
      clock.advance(1);
      return url.href === document ? configuration : ONE;
    });
    expect(await ask(keysOf(discovered), "one")).toEqual(found(first));
    expect(fetchJson.mock.calls.map(([url, ms]) => [url.href, ms])).toEqual([
      [document, 3_000],
      [jwks, 2_000],
    ]);
  });

  it("looks below an issuer without a slash at its end, and below its path", async () => {
    await ask(keysOf({ ...discovered, issuer: "https://login.example.com/tenant" }), "one");
    expect(fetchJson.mock.calls[0]?.[0].href).toBe(
      "https://login.example.com/tenant/.well-known/openid-configuration",
    );
  });

  it("names the address of keys that cannot be read without its query, and cut short", async () => {
    configuration = {
      issuer: "https://login.example.com/",
      jwks_uri: `https://login.example.com/${"k".repeat(500)}?access_token=secret`,
    };
    fetchJson.mockResolvedValueOnce(configuration).mockRejectedValueOnce(new Error("does not answer"));
    expect(await ask(keysOf(discovered), "one")).toEqual(unavailable(10));
    expect(warnings).toEqual([
      expect.stringMatching(
        /^issuer login: no keys fetched: https:\/\/login\.example\.com\/k{174}… does not answer$/,
      ),
    ]);
  });

  it.each<[string, unknown, RegExp]>([
    ["of another issuer", { issuer: "https://login.example.com", jwks_uri: jwks }, /another issuer/],
    ["without an issuer", { jwks_uri: jwks }, /another issuer/],
    ["that is null", null, /another issuer/],
    ["without a jwks_uri", { issuer: "https://login.example.com/" }, /jwks_uri is not an absolute URL/],
    [
      "with a relative jwks_uri",
      { issuer: "https://login.example.com/", jwks_uri: "/jwks" },
      /jwks_uri is not/,
    ],
    [
      "that sends us to a neighbour on this machine",
      { issuer: "https://login.example.com/", jwks_uri: "http://localhost:8500/v1/keys" },
      /jwks_uri is not https/,
    ],
    [
      "that sends us to a metadata service",
      { issuer: "https://login.example.com/", jwks_uri: "http://100.100.100.200/latest/meta-data" },
      /must start with https/,
    ],
    [
      "whose issuer has no slash at its end, and says what to write",
      { issuer: "https://login.example.com", jwks_uri: jwks },
      /it says "https:\/\/login\.example\.com", and access\.yaml "https:\/\/login\.example\.com\/"; write issuer: https:\/\/login\.example\.com$/,
    ],
    [
      "with a forged line in its issuer, which is quoted in ASCII and cut",
      { issuer: `https://evil.example/\n{"warning":"x"}\u001b[2J\u202e${"y".repeat(500)}`, jwks_uri: jwks },
      /^issuer login: no keys fetched: \S+ is the document of another issuer: it says "https:\/\/evil\.example\/\\n\{\\"warning\\":\\"x\\"\}\\u001b\[2J\\u202ey+…", and access\.yaml \S+; write as issuer exactly what the tokens have in iss; if that is right, write jwks with the address of the keys$/,
    ],
  ])("refuses a document %s", async (_case, content, warning) => {
    configuration = content;
    expect(await ask(keysOf(discovered), "one")).toEqual(unavailable(10));
    expect(fetchJson).toHaveBeenCalledTimes(1);
    expect(warnings).toEqual([expect.stringMatching(warning)]);
  });
});

describe("keys are not built", () => {
  afterEach(() => expect(fetchJson).not.toHaveBeenCalled());
  it.each<[string, Partial<Issuer>, RegExp]>([
    ["for http", { keys: { kind: "jwks", url: "http://login.example.com/jwks" } }, /must start with https/],
    [
      "for http to a name like localhost",
      { keys: { kind: "jwks", url: "http://localhost.evil.example/" } },
      /https/,
    ],
    ["for file", { keys: { kind: "jwks", url: "file:///etc/keys.json" } }, /must start with https/],
    ["for data", { keys: { kind: "jwks", url: 'data:,{"keys":[]}' } }, /must start with https/],
    ["for something that is no URL", { keys: { kind: "jwks", url: "login.example.com" } }, /absolute URL/],
    [
      "for a URL with a password",
      { keys: { kind: "jwks", url: "https://a:b@login.example.com/" } },
      /password/,
    ],
    ["for an issuer with a query", { keys: { kind: "discovery" }, issuer: "https://a.example/?b" }, /query/],
    ["for an issuer that is no URL", { keys: { kind: "discovery" }, issuer: "accounts" }, /absolute URL/],
    [
      "for an issuer with a fixed key",
      { keys: { kind: "secret", variable: "JWT_SECRET" } },
      /publishes no keys/,
    ],
  ])("%s", (_case, change, message) => {
    expect(() => keysOf(change)).toThrow(message);
  });

  it.each([
    "http://127.0.0.1:8080/jwks",
    "http://[::1]/jwks",
    "http://localhost/jwks",
    "HTTPS://login.example.com/",
  ])("but for %s they are", (url) => {
    expect(() => keysOf({ keys: { kind: "jwks", url } })).not.toThrow();
  });
});
