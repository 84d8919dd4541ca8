/**
 * What a person is told of an error: `title` says what happened, `advice` what to do about it, `detail` is for whoever
 * is asked for help.
 */
export function problemOf(error) {
  const [title, advice] = told(error);
  const detail = [error.code ?? error.name, error.status > 0 ? error.status : "", error.requestId]
    .filter((part) => part !== undefined && part !== "")
    .join(" · ");
  return { title, advice, detail };
}

function told(error) {
  return error.name === "Refused" ? toldOfCredentials(error) : toldOfOss(error);
}

function toldOfCredentials({ status, code, retryAfterSeconds, message }) {
  switch (code) {
    case "MissingToken":
    case "InvalidToken":
    case "TokenExpired":
      return ["You are not signed in any more.", "Sign in again; nothing is lost."];
    case "AccessDenied":
      return ["There are no files here for you.", "Ask whoever runs this App to give you access."];
    default:
      if (status === 429 || status === 503) {
        const when = retryAfterSeconds === undefined ? "a moment" : `${retryAfterSeconds} seconds`;
        return ["The service is busy.", `Try again in ${when}.`];
      }
      return ["Something is wrong on our side.", `Tell us the number below. (${message})`];
  }
}

function toldOfOss(error) {
  switch (error.code) {
    case "AccessDenied":
      return ["This is not yours to open.", "You can work in your own folder only."];
    case "NoSuchKey":
      return ["This file is gone.", "Somebody may have deleted it. Refresh the list."];
    case "RequestError":
    case "ConnectionTimeoutError":
    case "ResponseTimeoutError":
      return [
        "The storage cannot be reached.",
        "Are you online? If you are its developer: does a CORS rule of the bucket allow this page's origin?",
      ];
    default:
      if (error instanceof TypeError) {
        return [
          "The service cannot be reached.",
          "Are you online? If you are its developer: does ALLOWED_ORIGINS name this page's origin?",
        ];
      }
      return ["This did not work.", error.message];
  }
}
