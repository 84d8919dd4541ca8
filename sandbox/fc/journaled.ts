import type { IncomingMessage, ServerResponse } from "node:http";
import type { CloudError } from "../cloud-error.ts";
import type { PlantedError } from "../service-listener.ts";
import { type JournalNote, record, type World } from "../world.ts";
import { clientClosedRequest, cloudErrorOf } from "./errors.ts";
import { newFcRequestId } from "./running-function.ts";

/** A request on its way through one of FC's doors. */
export interface FcCall {
  readonly requestId: string;
  /** Aborted as the client goes away. */
  readonly signal: AbortSignal;
  /** Tells the journal who it was, and what was decided; the last word on each counts. */
  readonly note: (note: JournalNote & { readonly principal?: string }) => void;
}

/** What a door does with a request. */
export interface Door<Answer> {
  /** For the journal. */
  readonly operation: string;
  /** The answer, and the error code where the function failed. What it throws becomes a refusal. */
  readonly serve: (call: FcCall) => Promise<readonly [Answer, string | undefined]>;
  readonly refusal: (error: CloudError, requestId: string) => Answer;
}

/** Has a door answer a request, and writes down what it answers. Gives the answer and the request's id. */
export async function journaled<Answer extends { readonly status: number }>(
  world: World,
  message: IncomingMessage,
  response: ServerResponse,
  planted: PlantedError | undefined,
  door: Door<Answer>,
): Promise<readonly [Answer, string]> {
  const requestId = newFcRequestId(world.clock.nowMs());
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  let noted: Parameters<FcCall["note"]>[0] = planted === undefined ? {} : { because: planted.because };
  const note: FcCall["note"] = (more) => {
    noted = { ...noted, ...more };
  };
  let answer: Answer;
  let code: string | undefined;
  let failure: CloudError | undefined;
  try {
    if (planted !== undefined) throw planted.error;
    [answer, code] = await door.serve({ requestId, signal: gone.signal, note });
    if (gone.signal.aborted) throw clientClosedRequest();
  } catch (thrown) {
    failure = cloudErrorOf(thrown);
    // What is left of the body is thrown away, or the client would never come to read the answer.
    message.resume();
    answer = door.refusal(failure, requestId);
  }
  record(world, {
    service: "fc",
    operation: door.operation,
    principal: noted.principal,
    resource: noted.resource,
    status: answer.status,
    code: failure?.code ?? code,
    because: noted.because ?? failure?.message,
    requestId,
  });
  return [answer, requestId];
}
