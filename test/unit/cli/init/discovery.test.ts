import { describe, expect, it } from "vitest";
import { keysOf } from "../../../../cli/init/discovery.ts";

const ISSUER = "https://login.example.com/";
const USUAL = {
  issuer: ISSUER,
  jwks: "https://login.example.com/.well-known/jwks.json",
  algorithms: ["RS256"],
};

/** The issuer's answer to the request for its document. */
function answered(body: unknown, status = 200) {
  const asked: string[] = [];
  const fetch = (async (url: string | URL | Request) => {
    asked.push(String(url));
    return new Response(typeof body === "string" ? body : JSON.stringify(body), { status });
  }) as typeof globalThis.fetch;
  return { asked, keys: (issuer = ISSUER) => keysOf(issuer, { offline: false, fetch }) };
}

describe("the keys of an issuer", () => {
  it("are those of its discovery document", async () => {
    const { asked, keys } = answered({
      issuer: ISSUER,
      jwks_uri: "https://keys.example.com/jwks",
      id_token_signing_alg_values_supported: ["none", "HS256", "RS256", "ES256"],
    });
    expect(await keys()).toMatchObject({
      issuer: ISSUER,
      jwks: "https://keys.example.com/jwks",
      algorithms: ["RS256", "ES256"],
    });
    expect(asked).toEqual(["https://login.example.com/.well-known/openid-configuration"]);
  });

  it("come with the issuer's own name, where somebody forgot the slash", async () => {
    const { keys } = answered({ issuer: ISSUER, jwks_uri: "https://keys.example.com/jwks" });
    expect(await keys("https://login.example.com")).toMatchObject({ issuer: ISSUER, algorithms: ["RS256"] });
  });

  it.each([
    [
      "another issuer's document",
      { issuer: "https://evil.example.com/", jwks_uri: "https://evil.example.com/jwks" },
      200,
      "another issuer",
    ],
    [
      "keys without TLS",
      { issuer: ISSUER, jwks_uri: "http://keys.example.com/jwks" },
      200,
      "no https address",
    ],
    ["a document without keys", { issuer: ISSUER }, 200, "no https address"],
    ["404", "not here", 404, "answers 404"],
    ["a page", "<html>", 200, "cannot be reached"],
    ["null", "null", 200, "cannot be reached"],
  ])("are not those of %s: the usual address, and a note that says so", async (_what, body, status, said) => {
    const found = await answered(body, status).keys();
    expect(found).toMatchObject(USUAL);
    expect(found.note).toContain(said);
    expect(found.note).toContain("compare it with your login's documents");
  });

  it("are the usual ones without a question, offline", async () => {
    const { asked } = answered({});
    const fetch = () => Promise.reject(new Error("asked"));
    const found = await keysOf(ISSUER, { offline: true, fetch });
    expect([asked, found]).toEqual([[], expect.objectContaining(USUAL)]);
    expect(found.note).toContain("not asked");
  });
});
