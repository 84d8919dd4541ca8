/** The error that /credentials answered instead of credentials. */
export class Refused extends Error {
  /** `code` and `requestId` come from the answer. `retryAfterSeconds` is undefined if it has no Retry-After. */
  constructor(status, { Code, Message, RequestId }, retryAfter) {
    super(Message ?? `The credentials endpoint answered ${status}.`);
    this.name = "Refused";
    this.status = status;
    this.code = Code;
    this.requestId = RequestId;
    this.retryAfterSeconds = retryAfter === null ? undefined : Number(retryAfter);
  }
}

/** Milliseconds. Credentials are replaced this long before they expire, or after two thirds of their lifetime if that is later. */
const MARGIN_MS = 5 * 60_000;

/**
 * The credentials of the signed-in user. `current()` returns the present ones, or asks /credentials for new ones. It
 * calls `appToken` for the user's token each time, so you can pass a function of your login library.
 */
export function vendedCredentials({ url, appToken, onAnswer = () => {}, nowMs = () => Date.now() }) {
  let answer;
  let renewFromMs = 0;
  let endsMs = 0;
  let underWay;

  /** Uploads that start at the same time share one call. Without this, each would ask for its own credentials. */
  function renewed() {
    underWay ??= renew().finally(() => {
      underWay = undefined;
    });
    return underWay;
  }

  async function renew() {
    try {
      const next = await asked(url, await appToken());
      // Use the lifetime, not the time of expiry: both times are the server's, and the user's clock may be wrong.
      const lifeMs = Date.parse(next.Expiration) - Date.parse(next.LastUpdated);
      endsMs = nowMs() + lifeMs;
      renewFromMs = endsMs - Math.min(MARGIN_MS, lifeMs / 3);
      answer = next;
      onAnswer(next);
    } catch (error) {
      // During an outage the old credentials still work: the user does not have to notice.
      if (answer === undefined || nowMs() >= endsMs || !isOutage(error)) throw error;
    }
    return answer;
  }

  return {
    current: async () => (answer !== undefined && nowMs() < renewFromMs ? answer : renewed()),
    /** Call this when OSS says that the credentials have expired, whatever the clock says. */
    discard: (stale) => {
      if (answer === stale) answer = undefined;
    },
  };
}

async function asked(url, appToken) {
  const response = await fetch(url, { headers: { Authorization: `Bearer ${appToken}` } });
  if (response.ok) return response.json();
  const body = await response.json().catch(() => ({}));
  throw new Refused(response.status, body, response.headers.get("Retry-After"));
}

/** fetch throws a TypeError when nothing answers. */
function isOutage(error) {
  return error instanceof TypeError || error.status === 429 || error.status >= 500;
}
