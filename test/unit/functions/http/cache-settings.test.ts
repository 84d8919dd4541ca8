import { describe, expect, it } from "vitest";
import { CACHE_SETTINGS, cacheFrom } from "../../../../functions/http/cache-settings.ts";
import { settingsOf } from "../../../../functions/http/settings.ts";
import { sentenceOf } from "../../../../shared/domain/problem.ts";

const KEY = Buffer.alloc(32, 1);
const NEW_KEY = Buffer.alloc(32, 2);
const BASE64 = KEY.toString("base64");
const NEW_BASE64 = NEW_KEY.toString("base64");
const REDIS = "redis://valet:s3cret-Word@r-bp1example.redis.rds.aliyuncs.com:6379";

function cacheOf(environment: Readonly<Record<string, string>>) {
  const settings = settingsOf(environment);
  const cache = cacheFrom(settings);
  return { cache, problems: settings.problems.map(sentenceOf) };
}

describe("where credentials are kept", () => {
  it.each<[string, Readonly<Record<string, string>>, object]>([
    ["in memory, where nothing is said", {}, { kind: "memory", maxEntries: 12_800 }],
    ["in memory", { CREDENTIAL_CACHE: "memory" }, { kind: "memory", maxEntries: 12_800 }],
    ["nowhere", { CREDENTIAL_CACHE: "off" }, { kind: "off" }],
    [
      "in the memory of a small instance",
      { FC_FUNCTION_MEMORY_SIZE: "128" },
      { kind: "memory", maxEntries: 2_560 },
    ],
    [
      "in the memory of a large one",
      { FC_FUNCTION_MEMORY_SIZE: "1024" },
      { kind: "memory", maxEntries: 74_240 },
    ],
    [
      "in the memory of one that is larger than Node's heap can be",
      { FC_FUNCTION_MEMORY_SIZE: "32768" },
      { kind: "memory", maxEntries: 320_000 },
    ],
    [
      "in the memory of one that is said to be tiny",
      { FC_FUNCTION_MEMORY_SIZE: "64" },
      { kind: "memory", maxEntries: 1_000 },
    ],
    [
      "in the memory of one with no number",
      { FC_FUNCTION_MEMORY_SIZE: "much" },
      { kind: "memory", maxEntries: 12_800 },
    ],
    [
      "in a Redis",
      { CREDENTIAL_CACHE: REDIS, CREDENTIAL_CACHE_KEY: BASE64 },
      { kind: "shared", url: REDIS, keys: [KEY], maxEntries: 12_800 },
    ],
    [
      "in a Redis with TLS and a database, while the key is replaced",
      { CREDENTIAL_CACHE: "rediss://10.0.0.1:6380/3", CREDENTIAL_CACHE_KEY: `${NEW_BASE64}, ${BASE64}` },
      { kind: "shared", url: "rediss://10.0.0.1:6380/3", keys: [NEW_KEY, KEY], maxEntries: 12_800 },
    ],
    [
      "nowhere, while the key waits for a Redis",
      { CREDENTIAL_CACHE: "off", CREDENTIAL_CACHE_KEY: BASE64 },
      { kind: "off" },
    ],
  ])("%s", (_, environment, expected) => {
    expect(cacheOf(environment)).toEqual({ cache: expected, problems: [] });
  });
});

describe("a mistake is named, with what to write", () => {
  const KEY_FIX = "make a key with: openssl rand -base64 32 (two keys, the new one first: NEW,OLD)";
  const URL_FIX =
    "write redis://HOST:6379, rediss://USER:PASSWORD@HOST:6379, or the same with /NUMBER of a database";
  const WORD_FIX = "write memory, off, or redis:// (or rediss://) and the address of a Redis";
  it.each<[Readonly<Record<string, string>>, string]>([
    [{ CREDENTIAL_CACHE: "on" }, `CREDENTIAL_CACHE is "on"; ${WORD_FIX}`],
    [{ CREDENTIAL_CACHE: "Memory" }, `CREDENTIAL_CACHE is "Memory"; ${WORD_FIX}`],
    [
      { CREDENTIAL_CACHE: "r-bp1example.redis.rds.aliyuncs.com:6379" },
      `CREDENTIAL_CACHE is none of the three; ${WORD_FIX}`,
    ],
    [{ CREDENTIAL_CACHE: "http://10.0.0.1:6379" }, `CREDENTIAL_CACHE is none of the three; ${WORD_FIX}`],
    [
      { CREDENTIAL_CACHE: "valet:s3cret-Word@10.0.0.1" },
      `CREDENTIAL_CACHE is none of the three; ${WORD_FIX}`,
    ],
    [
      { CREDENTIAL_CACHE: "redis://valet:s3cret/Word@10.0.0.1", CREDENTIAL_CACHE_KEY: BASE64 },
      `CREDENTIAL_CACHE is not a URL (a @, :, / or # in a password is written %40, %3A, %2F, %23); ${URL_FIX}`,
    ],
    ...["s3cret%Word", "s3cret%zzWord", "s3cret%ffWord", "s3cret%"].flatMap((text) =>
      [`${text}:x`, `valet:${text}`].map((who): [Readonly<Record<string, string>>, string] => [
        { CREDENTIAL_CACHE: `redis://${who}@10.0.0.1`, CREDENTIAL_CACHE_KEY: BASE64 },
        "CREDENTIAL_CACHE has a % in its user or password that begins no character; write a literal % as %25",
      ]),
    ),
    [
      { CREDENTIAL_CACHE: "redis://", CREDENTIAL_CACHE_KEY: BASE64 },
      `CREDENTIAL_CACHE has no host; ${URL_FIX}`,
    ],
    [
      { CREDENTIAL_CACHE: "redis:10.0.0.1", CREDENTIAL_CACHE_KEY: BASE64 },
      `CREDENTIAL_CACHE has no host; ${URL_FIX}`,
    ],
    [
      { CREDENTIAL_CACHE: "redis://10.0.0.1/cache", CREDENTIAL_CACHE_KEY: BASE64 },
      `CREDENTIAL_CACHE has a path that is not the number of a database; ${URL_FIX}`,
    ],
    [
      { CREDENTIAL_CACHE: "redis://10.0.0.1?password=s3cret-Word", CREDENTIAL_CACHE_KEY: BASE64 },
      `CREDENTIAL_CACHE has a ? or a # part; ${URL_FIX}`,
    ],
    [
      { CREDENTIAL_CACHE: REDIS },
      `CREDENTIAL_CACHE_KEY is not set, and CREDENTIAL_CACHE names a Redis; ${KEY_FIX}`,
    ],
    [
      { CREDENTIAL_CACHE: REDIS, CREDENTIAL_CACHE_KEY: "s3cret-Word" },
      `CREDENTIAL_CACHE_KEY is not 32 bytes in base64; ${KEY_FIX}`,
    ],
    [
      { CREDENTIAL_CACHE: REDIS, CREDENTIAL_CACHE_KEY: KEY.subarray(0, 31).toString("base64") },
      `CREDENTIAL_CACHE_KEY is not 32 bytes in base64; ${KEY_FIX}`,
    ],
    [
      { CREDENTIAL_CACHE: REDIS, CREDENTIAL_CACHE_KEY: KEY.toString("hex") },
      `CREDENTIAL_CACHE_KEY is not 32 bytes in base64; ${KEY_FIX}`,
    ],
    [
      { CREDENTIAL_CACHE: REDIS, CREDENTIAL_CACHE_KEY: `${BASE64},s3cret-Word` },
      `CREDENTIAL_CACHE_KEY has a key 2 that is not 32 bytes in base64; ${KEY_FIX}`,
    ],
    [
      { CREDENTIAL_CACHE: REDIS, CREDENTIAL_CACHE_KEY: `${BASE64},${BASE64}` },
      `CREDENTIAL_CACHE_KEY has the same key twice; ${KEY_FIX}`,
    ],
    [
      {
        CREDENTIAL_CACHE: REDIS,
        CREDENTIAL_CACHE_KEY: `${BASE64},${NEW_BASE64},${Buffer.alloc(32, 3).toString("base64")}`,
      },
      `CREDENTIAL_CACHE_KEY has 3 keys; ${KEY_FIX}`,
    ],
  ])("%j", (environment, problem) => {
    const { problems } = cacheOf(environment);
    expect(problems).toEqual([problem]);
    expect(problems.join()).not.toMatch(/s3cret|AQEB/);
  });

  it("and all settings are in the list", () => {
    expect(CACHE_SETTINGS.map(({ name }) => name)).toEqual([
      "CREDENTIAL_CACHE",
      "CREDENTIAL_CACHE_KEY",
      "FC_FUNCTION_MEMORY_SIZE",
    ]);
  });
});
