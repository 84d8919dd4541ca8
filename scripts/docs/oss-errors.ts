import type { ExplanationTexts } from "../../client/src/explain/english.ts";
import { explainOssError } from "../../client/src/explain/explain-oss-error.ts";

type RowKey = keyof ExplanationTexts;

/** An error as an App sees it. */
interface Known {
  readonly code?: string;
  readonly ec?: string;
  readonly message?: string;
  readonly source?: "valet";
}

/** What the documents list. `explainOssError` finds the row of each, so that the documents cannot say anything else. */
const KNOWN: readonly Known[] = [
  { code: "AccessDenied", source: "valet" },
  { code: "AccessDenied", ec: "0003-00000301" },
  { code: "AccessDenied", ec: "0003-00000001" },
  { code: "AccessDenied", ec: "0003-00000101" },
  { code: "AccessDenied", ec: "0003-00000201" },
  { code: "AccessDenied", ec: "0003-00000905" },
  { code: "AccessDenied", ec: "0003-00001403" },
  { code: "AccessDenied", ec: "0002-00000236" },
  { code: "AccessDenied", message: "Invalid according to Policy: Policy expired." },
  { code: "AccessDenied", ec: "0006-00000227" },
  { code: "InvalidPolicyDocument" },
  { code: "FieldItemTooLong" },
  { code: "MalformedPOSTRequest" },
  { code: "IncorrectNumberOfFilesInPOSTRequest" },
  { code: "InvalidArgument", ec: "0002-00000702" },
  { code: "EntityTooLarge" },
  { code: "EntityTooSmall" },
  { code: "AccessDenied" },
  { code: "InvalidAccessKeyId", ec: "0002-00000904" },
  { code: "UserDisable" },
  { code: "AccessKeyIdAndSecurityTokenNotMatch" },
  { code: "InvalidAccessKeyId", ec: "0002-00000002" },
  { code: "InvalidAccessKeyId", ec: "0002-00000003" },
  { code: "SecurityTokenExpired" },
  { code: "InvalidAccessKeyId", ec: "0002-00000902" },
  { code: "InvalidSecurityToken.Expired" },
  { code: "InvalidSecurityToken", ec: "0002-00000008" },
  { code: "SignatureDoesNotMatch", ec: "0002-00000040" },
  { code: "RequestTimeTooSkewed", ec: "0002-00000504" },
  { code: "AccessDenied", ec: "0002-00000235" },
  { code: "InvalidArgument", message: "Invalid signing date in Authorization header." },
  { code: "InvalidArgument", ec: "0002-00000226" },
  { code: "NoSuchBucket", ec: "0015-00000101" },
  { code: "InvalidBucketName" },
  { code: "SecondLevelDomainForbidden" },
  { code: "PublicEndpointForbidden", ec: "0048-00000401" },
  { code: "NoSuchKey", ec: "0026-00000001" },
  { code: "NoSuchUpload" },
  { code: "InvalidPart" },
  { code: "InvalidPartOrder" },
  { message: "Please set the etag of expose-headers in OSS" },
  { code: "FileAlreadyExists" },
  { code: "Timeout" },
  { code: "ConnectionTimeoutError" },
  { code: "ResponseTimeoutError" },
  { code: "NetworkError" },
  { code: "RequestError" },
  { message: "Failed to fetch" },
  { code: "ECONNREFUSED" },
  { code: "ENOTFOUND" },
  { code: "AccessForbidden", ec: "0003-00000602" },
  { code: "MissingToken" },
  { code: "InvalidToken" },
  { code: "TokenExpired" },
  { code: "AppTokenFailed" },
  { code: "TooManyRequests" },
  { code: "StsThrottled" },
  { code: "StsUnavailable" },
  { code: "KeysUnavailable" },
  { code: "QpsLimitExceeded", ec: "0004-00000302" },
  { code: "UploadTrafficRateLimitExceeded" },
  { code: "ServiceUnavailable" },
  { code: "InternalError" },
  { code: "ServerError" },
  { code: "InvalidAnswer" },
  { code: "NotFound", source: "valet" },
  { code: "MethodNotAllowed" },
  { code: "InvalidRequest" },
  { code: "InvalidArgument" },
  { code: "RequestTooLarge" },
  { code: "ChecksumMismatch" },
  { code: "InvalidDigest" },
  { code: "DomainNotAllowed" },
  { code: "FileChanged" },
  { code: "AbortError" },
];

/** How a language joins what stands in a cell. */
interface Language {
  readonly texts: ExplanationTexts;
  /** Further sentences, for which only a page has room. */
  readonly more: Partial<Record<RowKey, string>>;
  /** Between sentences, and between names. */
  readonly blank: string;
  readonly comma: string;
  readonly bracketed: (text: string) => string;
  readonly ofTheFunction: string;
}

/** A row for each explanation, with every known error that gets it. Throws for a row that explains none of them. */
export function ossErrorRows({ texts, more, blank, ...words }: Language): string {
  return (Object.keys(texts) as RowKey[])
    .filter((key) => key !== "")
    .map((key) => {
      const [cause, fix] = texts[key];
      const known = KNOWN.filter((error) => explainOssError(error, texts).cause === cause);
      if (known.length === 0) throw new Error(`scripts/docs/oss-errors.ts knows no error for the row ${key}`);
      const names = known.map((error) => nameOf(error, words)).join(words.comma);
      return `| ${names} | ${cause} | ${[fix, more[key] ?? []].flat().join(blank)} |`;
    })
    .join("\n");
}

function nameOf(
  { code, ec, message, source }: Known,
  { comma, bracketed, ofTheFunction }: Omit<Language, "texts" | "more" | "blank">,
): string {
  const words = message === undefined ? [] : [`“${message}”`];
  if (code === undefined) return words.join("");
  const notes = [ec ?? [], words, source === undefined ? [] : ofTheFunction].flat();
  return notes.length === 0 ? code : `${code}${bracketed(notes.join(comma))}`;
}
