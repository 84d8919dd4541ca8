import type { AddressLimit } from "./address-limit-settings.ts";
import { refusal, rendered } from "./answer.ts";
import { callerNetwork } from "./caller-network.ts";
import { withCors } from "./cors.ts";
import type { HttpRequest, HttpResponse } from "./http.ts";

/** Keeps those who send refused tokens from having more of them verified. */
export interface TokenGuard {
  /** The answer to a request whose token is not looked at; undefined: it goes on. The body is not needed. */
  before(head: HttpRequest): Promise<HttpResponse | undefined>;
  /** Learns from the answer that a request got. */
  after(head: HttpRequest, response: HttpResponse): Promise<void>;
}

/** How often an address may send a refused token. */
export interface RefusedTokens {
  /** Counts one. Gives how many there are in the window. */
  add(network: string): Promise<number>;
  /** Seconds until its tokens are verified again; 0: they are. */
  secondsToWait(network: string): Promise<number>;
}

export interface TokenGuardOptions {
  readonly by: Exclude<AddressLimit, "off">;
  readonly refused: RefusedTokens;
  /** How many refused tokens close an address. */
  readonly limit: number;
  readonly allowedOrigins: readonly string[];
  readonly warn: (message: string) => void;
}

/**
 * Counts refused tokens by address. A request of an address that has sent too many of them gets 429 before its token is
 * verified and its body read. It leaves no line in the log: whoever floods the server must not fill its disk. There is one line
 * when an address is closed, after as many lines of refused tokens. Requests without a token, preflights and /healthz pass.
 */
export function tokenGuard({ by, refused, limit, allowedOrigins, warn }: TokenGuardOptions): TokenGuard {
  return {
    before: async (head) => {
      if (head.method === "OPTIONS" || !head.headers.has("authorization")) return undefined;
      const network = callerNetwork(head, by);
      const seconds = network === undefined ? 0 : await refused.secondsToWait(network);
      if (seconds === 0) return undefined;
      const answer = refusal(
        { code: "RATE_LIMITED", retryAfterSeconds: seconds },
        { requestId: head.requestId, paths: [], random: Math.random },
      );
      return withCors(rendered(answer), head, allowedOrigins);
    },
    after: async (head, response) => {
      const network = isRefusedToken(response) ? callerNetwork(head, by) : undefined;
      if (network === undefined || (await refused.add(network)) !== limit) return;
      const seconds = await refused.secondsToWait(network);
      warn(
        `${network} has sent ${limit} refused tokens: for ${seconds} s it gets 429, without a line here. See docs/fair-use.md`,
      );
    },
  };
}

/** Not one that has expired: it was good, and everybody behind one address may have such a token when they come back. */
function isRefusedToken({ status, body }: HttpResponse): boolean {
  return status === 401 && body.includes('"Code":"InvalidToken"');
}
