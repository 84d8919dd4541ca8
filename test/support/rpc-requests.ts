import { acs3CanonicalRequest, acs3Signature, acs3StringToSign } from "../../sandbox/sts/acs3-signature.ts";
import { percentEncoded } from "../../sandbox/sts/percent-encoding.ts";
import { rpcSignature, rpcStringToSign } from "../../sandbox/sts/rpc-signature.ts";
import { randomText, sha256Hex } from "../../sandbox/world.ts";
import type { ClientKey } from "./sts-clients.ts";

/** A request that is signed, and can be spoilt before it is sent: a server reads nothing else. */
export interface WireRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface WireAnswer {
  readonly status: number;
  readonly contentType: string | null;
  readonly text: string;
}

/** As curl would, with nothing of an SDK in it. `url` is http://127.0.0.1:1234. */
export async function send(url: string, request: WireRequest): Promise<WireAnswer> {
  const { method, target, headers, body } = request;
  const { host: _signedHost, ...others } = headers;
  const response = await fetch(`${url}${target}`, {
    method,
    headers: others,
    ...(body === "" ? {} : { body }),
    redirect: "manual",
  });
  return {
    status: response.status,
    contentType: response.headers.get("content-type"),
    text: await response.text(),
  };
}

/** ACS3, everything in the query, as the STS SDK does. A header that is undefined is neither sent nor signed. */
export function acs3Request(
  url: string,
  key: ClientKey,
  parameters: Readonly<Record<string, string>>,
  change: {
    readonly headers?: Readonly<Record<string, string | undefined>>;
    readonly body?: string;
    /** Headers that are sent, but left out of the signature. */
    readonly unsigned?: readonly string[];
  } = {},
): WireRequest {
  const { body = "", unsigned = [] } = change;
  const query = queryOf(Object.entries(parameters));
  const headers = defined({
    host: url.replace("http://", ""),
    "x-acs-action": "AssumeRole",
    "x-acs-version": "2015-04-01",
    "x-acs-date": timestamp(),
    "x-acs-signature-nonce": randomText(32),
    "x-acs-content-sha256": sha256Hex(body),
    ...(key.securityToken === undefined ? {} : { "x-acs-security-token": key.securityToken }),
    ...change.headers,
  });
  const signed = Object.keys(headers)
    .filter((name) => !unsigned.includes(name))
    .toSorted();
  const canonical = acs3CanonicalRequest(
    { method: "POST", path: "/", query, headers, bodySha256: sha256Hex(body) },
    signed,
  );
  const signature = acs3Signature(key.accessKeySecret, acs3StringToSign(canonical));
  const authorization = `ACS3-HMAC-SHA256 Credential=${key.accessKeyId},SignedHeaders=${signed.join(";")},Signature=${signature}`;
  return { method: "POST", target: `/?${query}`, headers: { ...headers, authorization }, body };
}

/** HMAC-SHA1, in the query (GET) or in a form (POST). A parameter that is undefined is neither sent nor signed. */
export function rpcRequest(
  method: "GET" | "POST",
  key: ClientKey,
  parameters: Readonly<Record<string, string | undefined>>,
): WireRequest {
  const pairs = Object.entries(
    defined({
      Action: "AssumeRole",
      Version: "2015-04-01",
      Format: "JSON",
      AccessKeyId: key.accessKeyId,
      SignatureMethod: "HMAC-SHA1",
      SignatureVersion: "1.0",
      SignatureNonce: randomText(32),
      Timestamp: timestamp(),
      ...(key.securityToken === undefined ? {} : { SecurityToken: key.securityToken }),
      ...parameters,
    }),
  );
  const signature = rpcSignature(key.accessKeySecret, rpcStringToSign(method, pairs));
  const all = queryOf([...pairs, ["Signature", signature]]);
  return method === "GET"
    ? { method, target: `/?${all}`, headers: {}, body: "" }
    : {
        method,
        target: "/",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: all,
      };
}

/** Now, to the second, as most clients send it. */
export function timestamp(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}

function queryOf(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([name, value]) => `${percentEncoded(name)}=${percentEncoded(value)}`).join("&");
}

function defined(record: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(record).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
