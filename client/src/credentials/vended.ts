import type { CredentialsBody } from "../../../shared/wire.ts";

/** An answer of the function with what is needed to use it later, in another tab, or after a reload. */
export interface Vended {
  readonly body: Partial<CredentialsBody>;
  /** Whose it is, as userOf says it. */
  readonly user: string | undefined;
  /** Milliseconds by which the server's clock is ahead of the device's. */
  readonly offsetMs: number;
}
