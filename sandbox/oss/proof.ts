import { invalidArgument } from "./errors.ts";
import type { SignedRequest } from "./signature-v1.ts";
import type { V4Credential } from "./signature-v4.ts";

/** What a request says of who signed it, before any of it is believed. */
export interface Proof {
  readonly version: "V1" | "V2" | "V4";
  readonly place: "header" | "query";
  readonly accessKeyId: string;
  /** V4 only. */
  readonly credential: V4Credential | undefined;
  readonly securityToken: string | undefined;
  readonly signature: string;
  /** As it came. */
  readonly date: string;
  /** When it was signed, by the client's clock; of a V1 or V2 URL, when it ends. */
  readonly dateMs: number;
  /** A V4 URL's; 0 elsewhere. */
  readonly expiresSeconds: number;
  /** The forms of the request whose signature is accepted; the first is the one to show. */
  readonly canonicals: readonly Canonical[];
}

/** The request as it is signed. */
export interface Canonical {
  readonly stringToSign: string;
  /** V4 only. */
  readonly canonicalRequest: string | undefined;
  readonly signature: (secret: string) => string;
}

/** Headers that are said to be signed must be there. */
export function additionalHeadersFrom(
  text: string | undefined,
  { headers }: SignedRequest,
): readonly string[] {
  const names = text === undefined || text === "" ? [] : text.split(";").map((name) => name.toLowerCase());
  const missing = names.find((name) => headers[name] === undefined);
  if (missing !== undefined) {
    throw invalidArgument("An additional header is not in the request.", "AdditionalHeaders", missing);
  }
  return names;
}

/** In the header wherever the signature is, or in the URL; all signatures cover both. */
export function securityTokenIn(
  { headers, parameters }: SignedRequest,
  parameter: string,
): string | undefined {
  const inHeader = headers["x-oss-security-token"];
  const inQuery = parameters.get(parameter);
  if (inHeader !== undefined && inQuery !== undefined && inHeader !== inQuery) {
    throw invalidArgument("Only one security token allowed.", parameter, "");
  }
  return inHeader ?? inQuery;
}
