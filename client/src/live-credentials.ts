import type { Permission } from "../../shared/wire.ts";

/** Temporary credentials with what they open. The three keys belong together: never mix those of two answers. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** OSS calls it the security token, ali-oss `stsToken`. */
  readonly securityToken: string;
  /** In server time: compare it with `now()` of {@link LiveCredentials}, not with the device's clock. */
  readonly expiresAt: Date;
  /** Of the first grant, as are `endpoint`, `cname`, `prefix` and `permissions`. */
  readonly bucket: string;
  /** Such as `cn-hangzhou`. */
  readonly region: string;
  /** Such as `https://oss-cn-hangzhou.aliyuncs.com`, or the bucket's own domain where `cname` is true. */
  readonly endpoint: string;
  /** Whether `endpoint` is the bucket's own domain, so that no bucket is put before it. */
  readonly cname: boolean;
  /** Keys that begin with it are open. Empty: all keys of the bucket. */
  readonly prefix: string;
  readonly permissions: readonly Permission[];
  /** Every grant; there is always one. Most users have just one. */
  readonly grants: readonly Grant[];
  /** How audits name this user. */
  readonly sessionName: string;
  /** Of the call that gave them. */
  readonly requestId: string;
}

/** One prefix that the credentials open. */
export interface Grant {
  readonly bucket: string;
  readonly endpoint: string;
  readonly cname: boolean;
  readonly prefix: string;
  readonly permissions: readonly Permission[];
}

/** Credentials that are valid each time that somebody asks for them. Everything else in this package builds on it. */
export interface LiveCredentials {
  /**
   * The present credentials; new ones when these are old. Callers that wait at the same time share one call to the
   * function. Throws a {@link ValetError} only when there are none that live; throws the signal's reason when the caller
   * aborts, without disturbing the others.
   *
   * `fresh`: waits for a renewal that is due, in place of using the present ones meanwhile, so that what it gives has
   * about half of its life left. For callers that keep what they get. If the renewal fails, it gives the present ones.
   */
  get(options?: {
    readonly signal?: AbortSignal | undefined;
    readonly fresh?: boolean | undefined;
  }): Promise<Credentials>;
  /**
   * Makes the next `get()` ask for new ones. Call it when OSS says that these are over. With an argument it does nothing
   * if the present ones are others by now: so ten calls that fail together lead to one renewal.
   */
  invalidate(stale?: Credentials): void;
  /** Server time in milliseconds since 1970, whatever the device's clock says. The device's time until the first answer. */
  now(): number;
  /** Corrects `now()` by a time that a server just gave, such as `ServerTime` of RequestTimeTooSkewed. */
  correctClock(serverMs: number): void;
}
