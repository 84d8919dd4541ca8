import { isMediaRange, mediaTypeProblem } from "../media-type.ts";
import type { Problem, ProblemAt } from "../problem.ts";
import { bytesFrom, sizeMeantBy } from "./byte-size.ts";
import {
  type JsonSchema,
  listOf,
  needed,
  objectOf,
  type Shape,
  text,
  trueOrFalse,
  wholeNumber,
  withDefault,
} from "./shape.ts";

/** Bytes of one file. Source: OSS PostObject, "cannot exceed 5 GB". */
const MAX_FILE_BYTES = 5 * 1024 ** 3;

const WHOLE_BYTES = wholeNumber({ min: 1, max: MAX_FILE_BYTES, unit: "bytes" });

const FILE_BYTES: Shape<number> = {
  ...WHOLE_BYTES,
  parse: (value, path, problems) => {
    const bytes = typeof value === "string" ? bytesFrom(sizeMeantBy(value) ?? "") : undefined;
    if (bytes === undefined || bytes < 1 || bytes > MAX_FILE_BYTES)
      return WHOLE_BYTES.parse(value, path, problems);
    problems.push({ path, is: `is ${JSON.stringify(value)}, a text`, fix: `write the bytes: ${bytes}` });
    return undefined;
  },
};

/** One media type, or all of one kind. */
const CONTENT_TYPE = text({
  example: "image/jpeg",
  pattern: "^[a-z0-9][a-z0-9!#$&^_.+-]*/([a-z0-9][a-z0-9!#$&^_.+-]*|\\*)$",
  problemOf: contentTypeProblem,
});

/** The block `upload` of a rule. */
export const UPLOAD = objectOf({
  maxBytes: needed(FILE_BYTES, "the most bytes that a file may have, such as 10485760"),
  contentTypes: needed(
    listOf(CONTENT_TYPE, { min: 1, example: "[image/jpeg, image/png]" }),
    "the types of files, such as [image/jpeg, image/png]; image/* stands for all of one kind",
  ),
  overwrite: withDefault(trueOrFalse(), false, "whether a form may replace a file that exists"),
});

/** The same as {@link uploadProblems}, for editors. */
export const UPLOAD_SCHEMA: JsonSchema = {
  if: { required: ["allow"], properties: { allow: { type: "array", contains: { const: "upload" } } } },
  // biome-ignore lint/suspicious/noThenProperty: JSON Schema's word
  then: {
    required: ["upload"],
    not: { anyOf: [{ required: ["sourceIp"] }, { required: ["secureTransport"] }] },
  },
  else: { not: { required: ["upload"] } },
};

/** `allow: [upload]` and the block `upload` belong together; and a form cannot keep the conditions of credentials. */
export function uploadProblems({
  allow,
  upload,
  sourceIp,
  secureTransport,
}: FieldsOfUpload): readonly ProblemAt[] {
  if (!allow.includes("upload")) {
    const fix = "add upload to allow, or delete the block";
    return upload === undefined ? [] : [{ path: ["upload"], is: "does nothing: allow has no upload", fix }];
  }
  const unkept = [
    ...(sourceIp === undefined ? [] : [["sourceIp", "whoever has a form can post it from every address"]]),
    ...(secureTransport === undefined ? [] : [["secureTransport", "a form can also be posted without TLS"]]),
  ] as const;
  return [
    ...(upload === undefined
      ? [
          {
            path: ["allow"],
            is: "has upload, but the rule does not say what a form may upload",
            fix: "write upload: { maxBytes: 10485760, contentTypes: [image/jpeg, image/png] } beside it",
          },
        ]
      : []),
    ...unkept.map(([field = "", why]) => ({
      path: [field],
      is: `cannot hold for upload: ${why}`,
      fix: "write upload into a rule of its own, without this condition",
    })),
  ];
}

/** The fields of a rule that `upload` has to do with; undefined where they are left out. */
interface FieldsOfUpload {
  readonly allow: readonly string[];
  readonly upload: unknown;
  readonly sourceIp: unknown;
  readonly secureTransport: unknown;
}

function contentTypeProblem(value: string): Problem | undefined {
  if (isMediaRange(value) || mediaTypeProblem(value) === undefined) return undefined;
  const is = `is ${JSON.stringify(value)}`;
  if (/^(\*|\*\/.*|\*\.\*)$/.test(value.trim()))
    return {
      is: `${is}, which sets no limit`,
      fix: "list the types; application/octet-stream is for files of any kind",
    };
  const bare = value.split(";")[0]?.trim().toLowerCase() ?? "";
  const kind = /^(application|audio|font|image|model|text|video)(\/(\*\*|\.\*)?)?$/.exec(bare)?.[1];
  const ending = Object.entries(TYPES_OF_ENDINGS).find(([endings]) =>
    endings.split(" ").includes(bare.replace(/^\*?\./, "")),
  )?.[1];
  const several = value.split(/[,\s]+/).filter((one) => one !== "");
  if (several.length > 1 && several.every((one) => contentTypeProblem(one) === undefined))
    return {
      is: `${is}: one text with ${several.length} types`,
      fix: `write them one by one: ${several.join(", ")}`,
    };
  const instead = isMediaRange(bare) ? bare : kind === undefined ? ending : `${kind}/*`;
  return { is, fix: instead === undefined ? (mediaTypeProblem(value)?.fix ?? "") : `write ${instead}` };
}

/** Source: IANA, "Media Types". Those that people write for their endings most often. */
const TYPES_OF_ENDINGS: Readonly<Record<string, string>> = {
  "jpg jpeg": "image/jpeg",
  png: "image/png",
  gif: "image/gif",
  webp: "image/webp",
  heic: "image/heic",
  mp4: "video/mp4",
  mov: "video/quicktime",
  mp3: "audio/mpeg",
  pdf: "application/pdf",
  zip: "application/zip",
  txt: "text/plain",
  csv: "text/csv",
  json: "application/json",
};
