import { type Caller, endInCloudTime } from "../world.ts";
import { refuseInvalidKey } from "./addressing.ts";
import type { Answer } from "./answer.ts";
import { authorise } from "./authorisation.ts";
import { complete, entityTooLarge } from "./body.ts";
import type { BucketCall, ObjectCall } from "./call.ts";
import type { StoredContent } from "./content-store.ts";
import { invalidArgument, notImplemented, ossError } from "./errors.ts";
import { boundaryFrom, type FormPart, formParts } from "./form-data.ts";
import {
  keepUnlessRefused,
  newObjectFrom,
  normalContent,
  putInPlace,
  refuseOverwrite,
  uploadHeaders,
} from "./objects.ts";
import { postPolicyFrom, refuseAgainstPolicy } from "./post-policy.ts";
import { type Fields, formCaller } from "./post-signature.ts";
import { headerValue } from "./request.ts";
import { xmlDocument } from "./xml.ts";

/** Bytes of a field that is not the file. Source: OSS help, PostObject: FieldItemTooLong from 4 KB on. */
const MAX_FIELD_BYTES = 4096;

/** Bytes. Source: OSS PostObject: 5 GB. */
const MAX_FILE_BYTES = 5 * 1024 ** 3;

/** What `key` may hold in place of the file's own name. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder itself
const FILENAME = "${filename}";

/**
 * PostObject: a form with the fields first and the file last. When the file begins, signature, policy and permissions
 * are checked; only then are its bytes accepted. Fields after the file are ignored. Throws 400 and 403 of
 * docs/fidelity/oss.md.
 */
export async function postObject(unidentified: BucketCall): Promise<Answer> {
  const { request } = unidentified;
  const boundary = boundaryFrom(request.headers["content-type"]);
  const fields = new Map<string, string>();
  let upload: { readonly call: ObjectCall; readonly stored: StoredContent } | undefined;
  try {
    for await (const part of formParts(complete(request.body), boundary)) {
      const name = part.name.toLowerCase();
      if (name === "file") {
        if (upload !== undefined) throw tooManyFiles();
        upload = await acceptedFile(unidentified, fields, part);
      } else if (upload === undefined) {
        if (fields.has(name)) throw invalidArgument("A form field must not be given twice.", part.name, "");
        fields.set(name, await fieldValue(part));
      }
    }
    if (upload === undefined) throw tooManyFiles();
  } catch (error) {
    if (upload !== undefined) unidentified.contents.discard(upload.stored.content);
    throw error;
  }
  return placed(upload.call, upload.stored, fields);
}

async function acceptedFile(unidentified: BucketCall, fields: Map<string, string>, file: FormPart) {
  const { world, bucket } = unidentified;
  const key = (fields.get("key") ?? "").replaceAll(FILENAME, file.filename ?? "");
  refuseInvalidKey(key);
  const caller = formCaller(unidentified, fields);
  unidentified.identified(caller);
  const policy = caller === undefined ? undefined : postPolicyFrom(fields.get("policy") ?? "");
  if (policy !== undefined && caller !== undefined) {
    const given = new Map([...fields, ["bucket", bucket.name], ["key", key]]);
    refuseAgainstPolicy(policy, given, {
      nowMs: world.clock.nowMs,
      endMs: (ms) => endInCloudTime(world, caller, ms),
    });
  }
  refuseUnknown(fields);
  const call = callWith(unidentified, { caller, key, fields, contentType: file.contentType });
  authorise(call, { action: "oss:PutObject", bucket, key });
  if (fields.has("x-oss-tagging")) authorise(call, { action: "oss:PutObjectTagging", bucket, key });
  newObjectFrom(call, call.request.headers);
  refuseOverwrite(bucket, key, call.request.headers);
  const { min, max } = policy?.contentLength ?? { min: 0, max: MAX_FILE_BYTES };
  const stored = await call.contents.write(file.bytes, (size) => {
    if (size > Math.min(max, MAX_FILE_BYTES)) throw entityTooLarge();
  });
  keepUnlessRefused(call, stored, () => {
    if (stored.content.size >= min) return;
    throw ossError(400, "EntityTooSmall", "Your proposed upload smaller than the minimum allowed size.");
  });
  return { call, stored };
}

/** The form's fields are to the object what headers are to PutObject's. */
function callWith(
  unidentified: BucketCall,
  {
    caller,
    key,
    fields,
    contentType,
  }: {
    readonly caller: Caller | undefined;
    readonly key: string;
    readonly fields: Fields;
    readonly contentType: string | undefined;
  },
): ObjectCall {
  const { request } = unidentified;
  // Browsers give every file a type of their own, so the field alone comes first that nobody but the form's maker writes.
  const type = fields.get("x-oss-content-type") ?? contentType ?? fields.get("content-type");
  const userAgent = request.headers["user-agent"];
  const headers = {
    ...Object.fromEntries([...fields].map(([name, value]) => [name, headerValue(name, value)])),
    ...(type === undefined ? {} : { "content-type": headerValue("content-type", type) }),
    ...(userAgent === undefined ? {} : { "user-agent": userAgent }),
  };
  return { ...unidentified, caller, key, request: { ...request, headers } };
}

function placed(call: ObjectCall, stored: StoredContent, fields: Fields): Answer {
  const { bucket, key, request } = call;
  keepUnlessRefused(call, stored, () => refuseOverwrite(bucket, key, request.headers));
  const object = { ...newObjectFrom(call, request.headers), ...normalContent(stored) };
  putInPlace(call, object);
  const headers = uploadHeaders(stored);
  const redirect = redirectFrom(fields, [bucket.name, key, `"${object.etag}"`]);
  if (redirect !== undefined) return { status: 303, headers: { ...headers, location: redirect } };
  const status = Number(fields.get("success_action_status") ?? "204");
  if (status === 200) return { status, headers };
  if (status !== 201) return { status: 204, headers };
  const location = `http://${bucket.name}.oss-${bucket.region}.aliyuncs.com/${encodeURIComponent(key)}`;
  return {
    status,
    headers: { ...headers, location, "content-type": "application/xml" },
    body: xmlDocument([
      "PostResponse",
      [
        ["Bucket", bucket.name],
        ["Location", location],
        ["Key", key],
        ["ETag", `"${object.etag}"`],
      ],
    ]),
  };
}

/** Where the browser goes after the upload, with what was stored; undefined: no such field, or none that is an address. */
function redirectFrom(
  fields: Fields,
  [bucket, key, etag]: readonly [string, string, string],
): string | undefined {
  const given = fields.get("success_action_redirect") ?? "";
  if (!URL.canParse(given)) return undefined;
  const url = new URL(given);
  for (const [name, value] of Object.entries({ bucket, key, etag })) url.searchParams.set(name, value);
  return url.href;
}

async function fieldValue({ bytes, name }: FormPart): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size > MAX_FIELD_BYTES) {
      throw ossError(400, "FieldItemTooLong", `Your post field is too long: ${name}.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function refuseUnknown(fields: Fields): void {
  if (fields.has("callback")) throw notImplemented("callback");
  const forbids = fields.get("x-oss-forbid-overwrite");
  if (forbids !== undefined && !["true", "false"].includes(forbids)) {
    const message = "The value of x-oss-forbid-overwrite must be true or false.";
    throw invalidArgument(message, "x-oss-forbid-overwrite", forbids, "0006-00000117");
  }
}

function tooManyFiles() {
  return ossError(
    400,
    "IncorrectNumberOfFilesInPOSTRequest",
    "POST requires exactly one file upload per request.",
  );
}
