import { describe, expect, it } from "vitest";
import { redisAddressOf } from "../../../shared/adapters/redis-store/address.ts";

describe("the address of Redis", () => {
  it.each([
    ["redis://cache.example.com", { host: "cache.example.com", port: 6379, db: 0 }],
    ["redis://cache.example.com/", { host: "cache.example.com", port: 6379, db: 0 }],
    ["redis://10.0.0.7:6380/15", { host: "10.0.0.7", port: 6380, db: 15 }],
    ["redis://[::1]:6380", { host: "::1", port: 6380, db: 0 }],
    ["redis://:secret@c.example.com", { host: "c.example.com", port: 6379, db: 0, password: "secret" }],
    [
      "redis://valet:p%40ss%2Fw%25rd@c.example.com/2",
      { host: "c.example.com", port: 6379, db: 2, username: "valet", password: "p@ss/w%rd" },
    ],
    [
      "rediss://c.example.com",
      { host: "c.example.com", port: 6379, db: 0, tls: { servername: "c.example.com" } },
    ],
    ["rediss://10.0.0.7", { host: "10.0.0.7", port: 6379, db: 0, tls: {} }],
  ])("%s", (url, address) => {
    expect(redisAddressOf(url)).toEqual(address);
  });

  it("ignores what follows a question mark: no option can come in that way", () => {
    expect(redisAddressOf("rediss://10.0.0.7?rejectUnauthorized=false&db=7")).toEqual(
      redisAddressOf("rediss://10.0.0.7"),
    );
  });

  it.each([
    ["", "the address of Redis must be redis://… or rediss://… with a host"],
    ["s3cret", "the address of Redis must be redis://… or rediss://… with a host"],
    ["http://:s3cret@c.example.com", "the address of Redis must be redis://… or rediss://… with a host"],
    ["redis://", "the address of Redis must be redis://… or rediss://… with a host"],
    ["redis:///3", "the address of Redis must be redis://… or rediss://… with a host"],
    ["redis://:s3cret@c.example.com/cache", "the path in the address of Redis must be a database number"],
    ["redis://:s3cret@c.example.com/1/2", "the path in the address of Redis must be a database number"],
    ["redis://:s3cret%@c.example.com", "user and password in the address of Redis must be percent-encoded"],
  ])("is not %j, which the error does not quote", (url, message) => {
    expect(() => redisAddressOf(url)).toThrow(new Error(message));
  });
});
