import type { Config } from "./config.ts";
import { type Cell, cell } from "./page/cell.ts";

/**
 * The App's login. This one is a toy of the local cloud: it gives a token for any name, without a password. In your App it
 * is the login library that you have, and its function for a fresh token.
 */
export interface Login {
  readonly user: string;
  /** The last App token; undefined before the first one. */
  readonly latest: Cell<string | undefined>;
  freshToken(): Promise<string>;
}

export function loginAs(user: string, { loginUrl, userClaim, audienceClaims }: Config): Login {
  const latest = cell<string | undefined>(undefined);
  return {
    user,
    latest,
    freshToken: async () => {
      const body = new URLSearchParams({ sub: user, [userClaim]: user, ...audienceClaims });
      const response = await fetch(loginUrl, { method: "POST", body });
      const answer = (await response.json()) as {
        readonly access_token: string;
        readonly error_description?: string;
      };
      if (!response.ok) throw new Error(answer.error_description ?? `The login answered ${response.status}.`);
      latest.set(answer.access_token);
      return answer.access_token;
    },
  };
}

/** The claims of a token, for people who look. Nothing is verified: that is the function's work. */
export function claimsIn(token: string): Readonly<Record<string, unknown>> {
  const payload = token.split(".")[1] ?? "";
  const bytes = Uint8Array.from(atob(payload.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
}
