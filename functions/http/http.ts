import type { Refusal } from "../../shared/domain/refusal.ts";
import type { CallerCredentials } from "../../shared/ports.ts";

/** One HTTP request, from an FC event or a socket. */
export interface HttpRequest {
  readonly method: string;
  /** Still percent-encoded, without the query. */
  readonly path: string;
  /** Decoded, in the order of the query; a name may repeat. */
  readonly query: readonly (readonly [name: string, value: string])[];
  /** Lower-case names, each with all its values. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: Buffer;
  /** The caller's IP address; undefined when unknown. */
  readonly sourceIp: string | undefined;
  /** FC's request id, or one of our own. */
  readonly requestId: string;
  /** Why the request could not be read completely; the other fields hold the parts that could. undefined when all was read. */
  readonly unreadable: Refusal | undefined;
}

/** A request that could not be read at all, and why. */
export function unreadableRequest(requestId: string, unreadable: Refusal): HttpRequest {
  return {
    method: "",
    path: "",
    query: [],
    headers: new Map(),
    body: Buffer.alloc(0),
    sourceIp: undefined,
    requestId,
    unreadable,
  };
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** UTF-8 text. */
  readonly body: string;
}

/** A function, wired: what its entry points serve. */
export interface Service {
  /** Never throws. */
  readonly handle: (request: HttpRequest) => Promise<HttpResponse>;
  /**
   * Takes the credentials that FC hands out with a request. They are the function's own, the same for every
   * caller, and valid for hours: the newest ones serve all requests.
   */
  readonly useCallerCredentials: (credentials: CallerCredentials) => void;
  /**
   * Ends what the service keeps open, and sends what it has collected. The server calls it once, after its last answer, and
   * waits for it a second at most. The service answers nothing afterwards.
   */
  readonly close?: () => Promise<unknown>;
}
