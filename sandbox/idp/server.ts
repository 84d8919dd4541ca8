import type { IncomingMessage, ServerResponse } from "node:http";
import { jsonObjectFrom, wholeBody } from "../http.ts";
import type { PlantedError, ServiceListener } from "../service-listener.ts";
import { newRequestId, record, type World } from "../world.ts";
import type { TokenIssuer } from "./issuer.ts";

/** Bytes. */
const MAX_BODY_LENGTH = 65_536;

/**
 * The issuer over HTTP: `/.well-known/openid-configuration` and `/.well-known/jwks.json` as OpenID Connect Discovery
 * has them, and `POST /token`, a toy login: name any `sub` and you get a token for it, with any further claims.
 */
export function issuerServer(world: World, issuer: TokenIssuer): ServiceListener {
  return answer;

  async function answer(
    request: IncomingMessage,
    response: ServerResponse,
    planted?: PlantedError,
  ): Promise<void> {
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    if (planted !== undefined) request.resume();
    const { status, body, code } =
      planted === undefined
        ? await answerTo(`${request.method} ${path}`, request)
        : refusal(planted.error.status, planted.error.code, planted.error.message);
    record(world, {
      service: "issuer",
      operation: `${request.method} ${path}`,
      principal: undefined,
      resource: undefined,
      status,
      code,
      because: planted?.because,
      requestId: newRequestId(),
    });
    if (response.destroyed) return;
    response.writeHead(status, {
      "content-type": "application/json;charset=utf-8",
      "cache-control": path.startsWith("/.well-known/") ? "public, max-age=300" : "no-store",
      // A page that an App developer has open on another port may sign its users in here.
      "access-control-allow-origin": "*",
      "access-control-allow-headers": "content-type",
    });
    response.end(JSON.stringify(body));
  }

  async function answerTo(operation: string, request: IncomingMessage): Promise<Answer> {
    switch (operation) {
      case "GET /.well-known/openid-configuration":
        return ok({
          issuer: issuer.url,
          jwks_uri: issuer.jwksUrl,
          token_endpoint: `${issuer.url}/token`,
          response_types_supported: ["token"],
          subject_types_supported: ["public"],
          id_token_signing_alg_values_supported: ["RS256"],
        });
      case "GET /.well-known/jwks.json":
        return ok(issuer.jwks());
      case "POST /token":
        return tokenAnswer(await wholeBody(request, MAX_BODY_LENGTH), request.headers["content-type"] ?? "");
      case "OPTIONS /token":
        return ok({});
      default:
        return refusal(404, "not_found", "This issuer has /token, and what is below /.well-known/.");
    }
  }

  function tokenAnswer(body: Buffer | undefined, contentType: string): Answer {
    if (body === undefined) return refusal(413, "invalid_request", "The body is larger than 64 KB.");
    const claims = claimsFrom(body.toString("utf8"), contentType);
    if (claims === undefined) return refusal(400, "invalid_request", "The body is not a JSON object.");
    const { sub } = claims;
    if (typeof sub !== "string" || sub === "") {
      return refusal(400, "invalid_request", "Name the user: sub=alice.");
    }
    return ok({ access_token: issuer.token(claims), token_type: "Bearer", expires_in: 3600 });
  }
}

interface Answer {
  readonly status: number;
  readonly body: object;
  readonly code: string | undefined;
}

function ok(body: object): Answer {
  return { status: 200, body, code: undefined };
}

/** The form of OAuth's errors (RFC 6749, section 5.2). */
function refusal(status: number, code: string, description: string): Answer {
  return { status, body: { error: code, error_description: description }, code };
}

/** A claim that a form repeats becomes a list. */
function claimsFrom(body: string, contentType: string): Readonly<Record<string, unknown>> | undefined {
  if (!contentType.includes("json")) {
    const form = new URLSearchParams(body);
    return Object.fromEntries(
      [...new Set(form.keys())].map((name) => {
        const values = form.getAll(name);
        return [name, values.length === 1 ? values[0] : values];
      }),
    );
  }
  return jsonObjectFrom(body);
}
