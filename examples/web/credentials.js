/** What /credentials answered in the place of credentials. */
export class Refused extends Error {
  /** `code` and `requestId` as the answer has them; `retryAfterSeconds`: undefined where it says nothing of it. */
  constructor(status, { Code, Message, RequestId }, retryAfter) {
    super(Message ?? `The credentials endpoint answered ${status}.`);
    this.name = "Refused";
    this.status = status;
    this.code = Code;
    this.requestId = RequestId;
    this.retryAfterSeconds = retryAfter === null ? undefined : Number(retryAfter);
  }
}

/** Milliseconds before their end from which credentials are replaced; a third of their life where that is less. */
const MARGIN_MS = 5 * 60_000;

/**
 * The credentials of the signed-in user: `current()` answers with those in hand, or asks /credentials. `appToken` is
 * asked for the user's token each time, so that it may be a login library's own function.
 */
export function vendedCredentials({ url, appToken, onAnswer = () => {}, nowMs = () => Date.now() }) {
  let answer;
  let renewFromMs = 0;
  let endsMs = 0;
  let underWay;

  /** Sixteen uploads that start at once share one call: without this each would ask for its own credentials. */
  function renewed() {
    underWay ??= renew().finally(() => {
      underWay = undefined;
    });
    return underWay;
  }

  async function renew() {
    try {
      const next = await asked(url, await appToken());
      // A life, not a point in time: the user's clock may be wrong, and both times are the server's.
      const lifeMs = Date.parse(next.Expiration) - Date.parse(next.LastUpdated);
      endsMs = nowMs() + lifeMs;
      renewFromMs = endsMs - Math.min(MARGIN_MS, lifeMs / 3);
      answer = next;
      onAnswer(next);
    } catch (error) {
      // An outage, and the old ones still work: the user need not notice.
      if (answer === undefined || nowMs() >= endsMs || !isOutage(error)) throw error;
    }
    return answer;
  }

  return {
    current: async () => (answer !== undefined && nowMs() < renewFromMs ? answer : renewed()),
    /** To be called where OSS says that they are over, whatever the clock says. */
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

/** fetch throws a TypeError where nothing answers. */
function isOutage(error) {
  return error instanceof TypeError || error.status === 429 || error.status >= 500;
}
