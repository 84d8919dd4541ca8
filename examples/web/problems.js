/**
 * An error in words for the user: `title` says what happened, `advice` says what to do, `detail` is for the person who
 * helps.
 */
export function problemOf(error) {
  const [title, advice] = wordsFor(error);
  const detail = [error.code ?? error.name, error.status > 0 ? error.status : "", error.requestId]
    .filter((part) => part !== undefined && part !== "")
    .join(" · ");
  return { title, advice, detail };
}

function wordsFor(error) {
  return error.name === "Refused" ? wordsForRefusal(error) : wordsForOssError(error);
}

function wordsForRefusal({ status, code, retryAfterSeconds, message }) {
  switch (code) {
    case "MissingToken":
    case "InvalidToken":
    case "TokenExpired":
      return ["You are no longer signed in.", "Sign in again. Nothing is lost."];
    case "AccessDenied":
      return ["You have no access to files here.", "Ask the operator of this App to give you access."];
    default:
      if (status === 429 || status === 503) {
        const when = retryAfterSeconds === undefined ? "a moment" : `${retryAfterSeconds} seconds`;
        return ["The service is busy.", `Try again in ${when}.`];
      }
      return ["Something is wrong on our side.", `Send us the number below. (${message})`];
  }
}

function wordsForOssError(error) {
  switch (error.code) {
    case "AccessDenied":
      return ["You cannot open this.", "You can only work in your own folder."];
    case "NoSuchKey":
      return ["This file does not exist any more.", "Somebody may have deleted it. Refresh the list."];
    case "PublicEndpointForbidden":
      return [
        "The storage is not set up completely.",
        "For the developer: the bucket needs a domain of its own, in OSS_ENDPOINT (docs/deploy.md).",
      ];
    case "RequestError":
    case "ConnectionTimeoutError":
    case "ResponseTimeoutError":
      return [
        "The storage cannot be reached.",
        "Are you online? For the developer: does a CORS rule of the bucket allow this page's origin?",
      ];
    default:
      if (error instanceof TypeError) {
        return [
          "The service cannot be reached.",
          "Are you online? For the developer: does ALLOWED_ORIGINS contain this page's origin?",
        ];
      }
      return ["This did not work.", error.message];
  }
}
