import { ProblemError } from "../../domain/problem.ts";
import { isSecure } from "../../domain/secure-address.ts";
import { type Issuer, isSymmetric } from "../../domain/token/issuer.ts";
import type { Clock } from "../../ports.ts";
import type { FetchJson } from "./fetch-json.ts";
import { type KeySet, keySetFrom } from "./jwk-import.ts";
import { otherDocument, problemOfOtherIssuer } from "./other-documents.ts";

/** Milliseconds for one key set, including discovery. Ours: a request waits for it. */
export const KEY_SET_DEADLINE_MS = 3_000;

/** Characters of an address in a warning. Ours. */
const MAX_ADDRESS = 200;

/**
 * Each call reads an issuer's key set within 3 s. Rejects with an Error that names the address and what was wrong there,
 * and with a ProblemError where there is advice.
 * Throws, when built, for an address that is neither https nor http within this machine.
 *
 * Discovery (OpenID Connect Discovery 1.0, section 4): the document's `issuer` must equal ours exactly. Its `jwks_uri` may
 * name any https host, as the standard allows (Google's issuer is accounts.google.com, its keys are on
 * www.googleapis.com). Whoever controls the document controls the keys anyway, and metadata services and the like have
 * no TLS certificate. It may name http within this machine only if the issuer itself is there: nobody outside may send us
 * to a neighbour on localhost.
 */
export function jwksSource(options: {
  readonly issuer: Issuer;
  readonly clock: Clock;
  readonly fetchJson: FetchJson;
  readonly onWarning: (message: string) => void;
}): () => Promise<KeySet> {
  const { issuer, clock, fetchJson, onWarning } = options;
  const start = startOf(issuer);
  // A secret that serves HS* is never in the key set.
  const algorithms = issuer.algorithms.filter((algorithm) => !isSymmetric(algorithm));

  return async () => {
    const startedAtMs = clock.nowMs();
    const read = async (url: URL): Promise<unknown> => {
      const leftMs = KEY_SET_DEADLINE_MS - Math.max(0, clock.nowMs() - startedAtMs);
      return fetchJson(url, leftMs).catch((error: unknown) => {
        throw new Error(`${shown(url)} ${messageOf(error)}`);
      });
    };
    const address =
      issuer.keys.kind === "discovery" ? jwksAddressFrom(await read(start), issuer, start) : start;
    const document = await read(address);
    const other = otherDocument(document, address);
    if (other !== undefined) throw new ProblemError({ is: `${shown(address)} ${other.is}`, fix: other.fix });
    try {
      return keySetFrom(document, algorithms, onWarning);
    } catch (error) {
      throw new Error(`${shown(address)} ${messageOf(error)}`);
    }
  };
}

function startOf(issuer: Issuer): URL {
  const name = `issuer ${issuer.name}`;
  // Everybody who can read the set could sign with it.
  if (issuer.algorithms.some(isSymmetric) && issuer.secretBeside === undefined) {
    throw new Error(`${name}: a key for HS* is a secret, and cannot be published`);
  }
  if (issuer.keys.kind === "jwks") return safeUrlFrom(issuer.keys.url, `${name}: jwks`);
  if (issuer.keys.kind !== "discovery") throw new Error(`${name} publishes no keys`);
  // "any terminating / MUST be removed before appending" (OpenID Connect Discovery 1.0, section 4.1).
  const address = `${issuer.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  if (/[?#]/.test(address))
    throw new Error(`${name}: an issuer with a query or a fragment has no discovery document`);
  return safeUrlFrom(address, `${name}: its discovery document`);
}

function jwksAddressFrom(document: unknown, issuer: Issuer, start: URL): URL {
  const { issuer: stated, jwks_uri: address } = Object(document) as Readonly<Record<string, unknown>>;
  // Without this check, one tenant's document could replace another's. Source: OpenID Connect Discovery 1.0, 4.3.
  if (stated !== issuer.issuer) {
    const { is, fix } = problemOfOtherIssuer(stated, issuer);
    throw new ProblemError({ is: `${start.href} ${is}`, fix });
  }
  const url = safeUrlFrom(address, `${start.href}: jwks_uri`);
  if (url.protocol !== "https:" && start.protocol === "https:")
    throw new Error(`${start.href}: jwks_uri is not https`);
  return url;
}

/** An address for a log line. It may come from a document of somebody else: without its query, and cut short. */
function shown({ origin, pathname, search }: URL): string {
  const address = `${origin}${pathname}${search === "" ? "" : "?…"}`;
  return address.length <= MAX_ADDRESS ? address : `${address.slice(0, MAX_ADDRESS)}…`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "failed";
}

function safeUrlFrom(text: unknown, name: string): URL {
  if (typeof text !== "string" || !URL.canParse(text)) throw new Error(`${name} is not an absolute URL`);
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") throw new Error(`${name} contains a user name or password`);
  if (isSecure(url)) return url;
  throw new Error(`${name} must start with https:// (http:// only for 127.0.0.1, ::1 and localhost)`);
}
