import { CloudError } from "../cloud-error.ts";

/**
 * An error of OSS. `ec` is the fine-grained code of the `EC` element and the x-oss-ec header, undefined when no
 * document tells it; `details` become further elements of the body. Sources: OSS help, "Error codes" and the pages
 * of the single ECs; docs/fidelity/oss.md.
 */
export function ossError(
  status: number,
  code: string,
  message: string,
  ec?: string,
  details: Readonly<Record<string, string>> = {},
): CloudError {
  return new CloudError(status, code, message, { ...details, ...(ec === undefined ? {} : { EC: ec }) });
}

/** 404 NoSuchBucket. */
export function noSuchBucket(bucket: string): CloudError {
  return ossError(404, "NoSuchBucket", "The specified bucket does not exist.", "0015-00000101", {
    BucketName: bucket,
  });
}

/** 404 NoSuchKey. EC: OSS Go SDK v2, client_mock_test. */
export function noSuchKey(key: string): CloudError {
  return ossError(404, "NoSuchKey", "The specified key does not exist.", "0026-00000001", { Key: key });
}

/** 400 InvalidArgument, with the argument's name and value. */
export function invalidArgument(message: string, name: string, value: string, ec?: string): CloudError {
  return ossError(400, "InvalidArgument", message, ec, { ArgumentName: name, ArgumentValue: value });
}

/** 400 MissingArgument. Sources: OSS help, pages of EC 0016-00000501 and 502, which show the elements. */
export function missingArgument(name: string, value = "", ec?: string): CloudError {
  return ossError(400, "MissingArgument", "Missing Some Required Arguments.", ec, {
    ArgumentName: name,
    ArgumentValue: value,
  });
}

/** 500, for bugs. */
export function ossInternalError(): CloudError {
  return ossError(500, "InternalError", "Please contact the server administrator, oss@service.aliyun.com.");
}

/** 501 for what the service can do and this sandbox does not: refused, because half of it would be wrong. */
export function notImplemented(what: string): CloudError {
  return ossError(
    501,
    "NotImplemented",
    `A header you provided implies functionality that is not implemented: ${what}.`,
  );
}
