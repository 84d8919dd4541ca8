/** What is wrong, and what to do about it. */
export type Explanation = readonly [cause: string, fix: string];

/**
 * The one table error → cause and fix. A key lists what one explanation is for, separated by bars: codes or parts of
 * them, ECs, words of a message. It is searched from the top, so the more exact rows stand higher. The empty key is for
 * everything else. docs/errors.md is made from it. Every App that calls `explainOssError` ships all of it: short sentences.
 * Sources: OSS help, "Error codes" and the pages of the ECs; docs/fidelity/oss.md.
 */
export const ENGLISH = {
  "valet:AccessDenied": ["No rule grants this to the user.", "Ask the operator."],
  "0003-00000301|authorizer's policy": [
    "These credentials do not open this key or action.",
    "Stay below `prefix`, within `permissions`. A list needs a prefix.",
  ],
  "0003-00000001|bucket acl": ["The role lacks this permission.", "The operator runs `valet doctor`."],
  "0003-00000101|0003-00000201": ["A policy denies this.", "Ask the operator."],
  "0003-00000905": ["The request is not signed.", "Sign it."],
  "0003-00001403|specified endpoint": [
    "The bucket is at another endpoint.",
    "Use `endpoint` of the credentials.",
  ],
  "0002-00000236|Request has expired|Policy expired": [
    "The signed URL or form has expired.",
    "Make a new one.",
  ],
  "0006-00000227|Condition failed|InvalidPolicy|FieldItem|POSTReq|0002-0000070": [
    "This is not the form for this file.",
    "Send all its fields, unchanged, and the file last.",
  ],
  EntityToo: ["The file is larger or smaller than its form allows.", "Ask for a form with its size."],
  "0002-00000904|UserDisable": ["The AccessKey or the account is disabled.", "Ask the operator."],
  "SecurityTokenNotMatch|0002-00000002|0002-00000003": [
    "The security token is missing, or of another key.",
    "Pass all three keys of one answer.",
  ],
  "SecurityTokenExpired|InvalidAccessKeyId|InvalidSecurityToken.Expired": [
    "The credentials have expired.",
    "Call `get()` before each request.",
  ],
  InvalidSecurityToken: ["The security token is cut or changed.", "Pass all of it."],
  SignatureDoesNotMatch: [
    "The request was changed after signing, or keys are mixed.",
    "Send what was signed, with the keys of one answer.",
  ],
  "RequestTimeTooSkewed|0002-00000235|signing date": [
    "The device's clock is wrong by over 15 minutes.",
    "Sign with `now()` of the credentials.",
  ],
  "0002-00000226|signing region": ["The bucket is in another region.", "Use `region` of the credentials."],
  "AccessDenied|status: 403": ["OSS refuses this.", "Compare with `prefix` and `permissions`."],
  "NoSuchBucket|InvalidBucketName|SecondLevelDomain": [
    "The bucket or endpoint is wrong.",
    "Use `bucket`, `endpoint` and `cname` of the credentials.",
  ],
  PublicEndpointForbidden: ["The bucket needs its own domain.", "The operator sets `OSS_ENDPOINT`."],
  NoSuchKey: ["No object has this key.", "Check prefix and case."],
  NoSuchUpload: ["The upload is over, or was aborted.", "Start it again."],
  "InvalidPart|expose-headers": [
    "A part or its ETag is missing.",
    "Expose `ETag` in the bucket's CORS rule, and upload again.",
  ],
  FileAlreadyExists: ["The key is taken.", "Choose another key."],
  "Timeout|TIMEDOUT": ["No answer in time.", "Try again."],
  "Network|RequestError|AccessForbidden|to fetch|fetch failed|Load failed|ECONN|ENOTFOUND|EAI_": [
    "No answer: offline, a wrong address, or CORS.",
    "Allow the page's origin in the bucket's CORS rule, or in `ALLOWED_ORIGINS`.",
  ],
  "MissingToken|InvalidToken|TokenExpired|AppToken": ["The App token is not valid.", "Sign in again."],
  "TooMany|Throttl|Unavailable|LimitExceeded|InternalError": ["The service is busy.", "Try again later."],
  ServerError: ["The function fails.", "Give the operator `requestId`."],
  "InvalidAnswer|valet:NotFound|MethodNotAllowed|raw xml": ["Something else answered.", "Check the address."],
  "InvalidRequest|InvalidArgument|TooLarge": ["An argument is wrong.", "Read the message."],
  "ChecksumMismatch|InvalidDigest": ["Bytes changed on their way.", "Upload again."],
  DomainNot: ["The mini program may not reach this domain.", "Add it in the platform's console."],
  FileChanged: ["The file has changed.", "Upload again."],
  "AbortError|cancel": ["The App stopped it.", "Nothing."],
  "": ["An unknown error.", "Read its own message; give support its `requestId`."],
} satisfies Readonly<Record<string, Explanation>>;

/** The same table in a language: the compiler demands every key. */
export type ExplanationTexts = Readonly<Record<keyof typeof ENGLISH, Explanation>>;
