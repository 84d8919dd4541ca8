import { createCredentials, type Fetch, ValetError } from "../../../client/src/index.ts";
import { credentialsBody } from "../../../functions/credentials/response.ts";
import { refusal, rendered, success } from "../../../functions/http/answer.ts";
import { regionEndpoint } from "../../../shared/domain/oss-endpoint.ts";
import type { VendedCredentials } from "../../../shared/flows/vend-credentials.ts";
import type { TemporaryCredentials } from "../../../shared/ports.ts";
import type { Random } from "./random.ts";
import type { Service } from "./service.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** Whether the user got what the App asked for. */
export type Ask = () => Promise<boolean>;

/** A device that asks once and takes what comes. */
export function simpleDevice(service: Service, user: number): Ask {
  return async () => (await service.answer(user)).ok;
}

/** Milliseconds of the way to the function and back. Assumption. */
const TRIP_MS = 50;

/** A JWT that nobody verifies: what happens before the cache takes no time here. */
const APP_TOKEN = `e30.${Buffer.from('{"sub":"u"}').toString("base64url")}.c2ln`;

/** A device with the real client. "asks": a page that is loaded anew each time, and remembers nothing. */
export function clientDevice(
  service: Service,
  user: number,
  { device, clock, random }: { device: "asks" | "keeps"; clock: VirtualClock; random: Random },
): Ask {
  const made = () =>
    createCredentials({
      endpoint: "https://valet.example.com/credentials",
      appToken: () => APP_TOKEN,
      fetch: fetchOf(service, user, clock, random),
      clock: clock.nowMs,
      random,
      tabs: false,
    });
  const kept = device === "keeps" ? made() : undefined;
  return async () => {
    try {
      await (kept ?? made()).get();
      return true;
    } catch (error) {
      if (error instanceof ValetError && error.retryable) return false;
      throw error;
    }
  };
}

/** The function's answers as the client gets them: status, headers and body are those of the function's own code. */
function fetchOf(service: Service, user: number, clock: VirtualClock, random: Random): Fetch {
  return async () => {
    await clock.pause(TRIP_MS);
    const result = await service.answer(user);
    const context = { requestId: "request", paths: ["/credentials"], random };
    const answer = result.ok
      ? success(bodyOf(result.value, user, clock.nowMs()))
      : refusal(result.refusal, context);
    const { status, headers, body } = rendered(answer);
    return {
      ok: status === 200,
      status,
      headers: { get: (name) => headers[name] ?? null },
      text: async () => body,
    };
  };
}

const REGION = "cn-hangzhou";

function bodyOf(credentials: TemporaryCredentials, user: number, nowMs: number): object {
  const statement = { bucket: "photos", prefix: `users/u${user}/`, permissions: ["write"] };
  const vended = { credentials, grant: { statements: [statement] }, sessionName: `u${user}` };
  return credentialsBody(vended as unknown as VendedCredentials, {
    format: "default",
    oss: { region: REGION, endpoints: { ofBuckets: new Map(), others: regionEndpoint(REGION) } },
    requestId: "request",
    nowMs,
  });
}
