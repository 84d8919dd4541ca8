import { type AppCredentials, type Credentials, createCredentials, type Permission } from "oss-valet-client";
import type { Config } from "./config.ts";
import { type Login, loginAs } from "./login.ts";
import { type Cell, cell } from "./page/cell.ts";

/** One set of temporary credentials, from its renewal to its end. Milliseconds, in the cloud's time. */
export interface Life {
  readonly accessKeyId: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** The signed-in user. Credentials are in memory alone: whoever signs out, or closes the page, leaves none behind. */
export interface Session {
  readonly user: string;
  readonly login: Login;
  readonly credentials: AppCredentials;
  /** The user's own folder. */
  readonly home: string;
  /** Every set of credentials since the sign-in, the newest last. */
  readonly lives: Cell<readonly Life[]>;
  /** Aborts when the user signs out. */
  readonly over: AbortSignal;
  may(permission: Permission): boolean;
  signOut(): Promise<void>;
}

/**
 * `onError` gets every call of the function that fails, also when the next attempt succeeds. Throws a ValetError when the function refuses,
 * or nothing answers.
 */
export async function signIn(
  user: string,
  config: Config,
  onError: (error: unknown) => void,
): Promise<Session> {
  const login = loginAs(user, config);
  const lives = cell<readonly Life[]>([]);
  const credentials = createCredentials({
    endpoint: config.credentialsUrl,
    appToken: () => login.freshToken(),
    onError,
    onRenew: ({ accessKeyId, expiresAt }: Credentials) => {
      const life = { accessKeyId, fromMs: credentials.now(), untilMs: expiresAt.getTime() };
      lives.set([...lives.value, life]);
    },
  });
  const { prefix, permissions } = await credentials.get();
  const aborter = new AbortController();
  return {
    user,
    login,
    credentials,
    home: prefix,
    lives,
    over: aborter.signal,
    may: (permission) => permissions.includes(permission),
    signOut: () => {
      aborter.abort();
      return credentials.forget();
    },
  };
}
