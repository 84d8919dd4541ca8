import type { Learnt } from "../../shared/flows/authorise.ts";
import { type Valet, vendCredentials } from "../../shared/flows/vend-credentials.ts";
import type { AuditFacts, Clock } from "../../shared/ports.ts";
import { factsOfCaller } from "../http/facts-of-caller.ts";
import type { HttpRequest } from "../http/http.ts";
import type { Route, RouteAnswer } from "../http/shell.ts";
import { credentialsRequestFrom } from "./request.ts";
import { credentialsBody, type OssLocation } from "./response.ts";

export interface CredentialsOptions {
  readonly valet: Valet;
  readonly oss: OssLocation;
  readonly clock: Clock;
}

/** `GET|POST /credentials`: the request read, the credentials vended, the answer and the facts for the log. */
export function credentialsRoute(options: CredentialsOptions): Route {
  return {
    path: "/credentials",
    methods: ["GET", "POST"],
    answer: (http) => credentialsAnswer(http, options),
  };
}

async function credentialsAnswer(
  http: HttpRequest,
  { valet, oss, clock }: CredentialsOptions,
): Promise<RouteAnswer> {
  const read = credentialsRequestFrom(http);
  if (!read.ok) return { result: read, facts: {} };
  const { format, request } = read.value;
  const { result, learnt } = await vendCredentials(request, valet);
  const facts = factsOf(learnt);
  if (!result.ok) return { result, facts };
  const { credentials } = result.value;
  const body = credentialsBody(result.value, {
    format,
    oss,
    requestId: http.requestId,
    nowMs: clock.nowMs(),
  });
  return {
    result: { ok: true, value: body },
    facts: {
      ...facts,
      accessKeyId: credentials.accessKeyId,
      expiration: new Date(credentials.expiresAtMs).toISOString(),
      stsRequestId: credentials.stsRequestId,
      ...(credentials.cachedIn === undefined ? {} : { cachedIn: credentials.cachedIn }),
    },
  };
}

function factsOf(learnt: Learnt): AuditFacts {
  const { grant } = learnt;
  return {
    ...factsOfCaller(learnt),
    ...(grant === undefined
      ? {}
      : {
          rules: grant.rules,
          permissions: [...new Set(grant.statements.flatMap(({ permissions }) => permissions))],
          prefixes: grant.statements.map(({ bucket, prefix }) => `${bucket}/${prefix}`),
        }),
  };
}
