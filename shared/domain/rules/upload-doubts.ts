import { isMediaRange, isOneOf } from "../media-type.ts";
import type { ProblemAt } from "../problem.ts";
import type { Rule } from "./rule.ts";

/** Limits of forms that are probably mistakes: they open more than they seem to, or nothing. */
export function uploadDoubts({ upload }: Rule, index: number): readonly ProblemAt[] {
  if (upload === undefined) return [];
  const path = ["rules", index, "upload"];
  return [
    ...(upload.maxBytes < FEW_BYTES
      ? [
          {
            path: [...path, "maxBytes"],
            is: `is ${upload.maxBytes}, and counts bytes: hardly any file is so small`,
            fix: `write ${upload.maxBytes}000000 for ${upload.maxBytes} MB`,
          },
        ]
      : []),
    ...upload.contentTypes.flatMap((type, at) => {
      const doubt = pageDoubt(type) ?? nameDoubt(type);
      return doubt === undefined ? [] : [{ path: [...path, "contentTypes", at], ...doubt }];
    }),
  ];
}

/** Ours: a number below it was probably meant as megabytes. */
const FEW_BYTES = 101;

/**
 * Types that a browser opens as a page, where a script in it runs, besides those that end in `+xml`. At a bucket's own
 * domain nothing keeps it from that. Source: HTML, "Loading a document"; MIME Sniffing, "XML MIME type".
 */
const PAGES = [
  "text/html",
  "text/xml",
  "text/xsl",
  "application/xml",
  "image/svg+xml",
  "application/xhtml+xml",
  "multipart/related",
  "multipart/x-mixed-replace",
];

function pageDoubt(type: string): Pick<ProblemAt, "is" | "fix"> | undefined {
  const page =
    type.endsWith("+xml") && !isMediaRange(type) ? type : PAGES.find((one) => isOneOf(one, [type]));
  return page === undefined
    ? undefined
    : {
        is: `is ${type}${page === type ? "" : `, and so also ${page}`}: a browser opens such a file as a page, and runs the scripts in it`,
        fix: "list the types that the App needs, such as image/jpeg and image/png, unless this is intended",
      };
}

/** Names that look right, and that no browser gives a file: a form with the right name is refused. Source: IANA. */
const WRONG_NAMES: Readonly<Record<string, string>> = {
  "image/jpg": "image/jpeg",
  "image/svg": "image/svg+xml",
  "image/tif": "image/tiff",
  "audio/mp3": "audio/mpeg",
  "video/mov": "video/quicktime",
  "application/txt": "text/plain",
  "text/txt": "text/plain",
};

function nameDoubt(type: string): Pick<ProblemAt, "is" | "fix"> | undefined {
  const right = WRONG_NAMES[type];
  return right === undefined
    ? undefined
    : { is: `is ${type}, which is no registered type: browsers say ${right}`, fix: `write ${right}` };
}
