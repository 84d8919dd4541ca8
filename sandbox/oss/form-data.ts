import { ossError } from "./errors.ts";

/** One part of a form, in the order of the form. */
export interface FormPart {
  readonly name: string;
  /** Undefined: a plain field. */
  readonly filename: string | undefined;
  readonly contentType: string | undefined;
  /** To be read before the next part is asked for; what is not read is skipped. */
  readonly bytes: AsyncGenerator<Uint8Array>;
}

/** The boundary in a Content-Type header. Throws 400 RequestIsNotMultiPartContent. Source: OSS, HTTP 400 errors. */
export function boundaryFrom(contentType: string | undefined): string {
  const [, quoted, plain] =
    /^multipart\/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(
      contentType ?? "",
    ) ?? [];
  const boundary = quoted ?? plain;
  if (boundary !== undefined) return boundary;
  throw ossError(
    400,
    "RequestIsNotMultiPartContent",
    "Bucket POST must be of the enclosure-type multipart/form-data.",
  );
}

/**
 * Reads a multipart/form-data body part by part, without ever holding more than a chunk of it. Throws 400
 * MalformedPOSTRequest. Source: RFC 7578, RFC 2046.
 */
export async function* formParts(
  source: AsyncGenerator<Uint8Array>,
  boundary: string,
): AsyncGenerator<FormPart, void> {
  const input = inputFrom(source);
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  try {
    for await (const _preamble of input.until(delimiter)) {
      // Nothing stands before the first boundary, or nothing that counts.
    }
    for (;;) {
      const ending = await input.take(2);
      if (ending === "--") return;
      if (ending !== "\r\n") throw malformedForm();
      const head = await input.head();
      const bytes = input.until(delimiter);
      yield { ...partHeadFrom(head), bytes };
      for await (const _rest of bytes) {
        // Whoever asked for the next part has seen enough of this one.
      }
    }
  } finally {
    // Lets go of the stream: as long as somebody iterates over it, nobody can read what is left away.
    await source.return(undefined);
  }
}

/** 400 MalformedPOSTRequest. */
export function malformedForm() {
  return ossError(
    400,
    "MalformedPOSTRequest",
    "The body of your POST request is not well-formed multipart/form-data.",
  );
}

/** Bytes of the headers of one part. */
const MAX_HEAD_BYTES = 8192;

function inputFrom(source: AsyncGenerator<Uint8Array>) {
  // The first boundary has no line break before it, all others have.
  let buffer = Buffer.from("\r\n");

  async function more(): Promise<void> {
    const next = await source.next();
    if (next.done === true) throw malformedForm();
    buffer = Buffer.concat([buffer, next.value]);
  }

  return {
    /** Everything up to the mark, which is passed over. */
    async *until(mark: Buffer): AsyncGenerator<Uint8Array> {
      for (;;) {
        const at = buffer.indexOf(mark);
        const end = at === -1 ? Math.max(0, buffer.length - mark.length + 1) : at;
        const ready = buffer.subarray(0, end);
        buffer = buffer.subarray(at === -1 ? end : end + mark.length);
        if (ready.length > 0) yield ready;
        if (at !== -1) return;
        await more();
      }
    },
    async take(length: number): Promise<string> {
      while (buffer.length < length) await more();
      const text = buffer.toString("latin1", 0, length);
      buffer = buffer.subarray(length);
      return text;
    },
    /** The headers of a part, and the empty line behind them. */
    async head(): Promise<string> {
      const mark = "\r\n\r\n";
      while (!buffer.includes(mark)) {
        if (buffer.length > MAX_HEAD_BYTES) throw malformedForm();
        await more();
      }
      const end = buffer.indexOf(mark);
      const text = buffer.toString("utf8", 0, end);
      buffer = buffer.subarray(end + mark.length);
      return text;
    },
  };
}

function partHeadFrom(head: string): Omit<FormPart, "bytes"> {
  const headers = new Map(
    head.split("\r\n").map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const disposition = headers.get("content-disposition") ?? "";
  const name = dispositionParameter(disposition, "name");
  if (!/^form-data\s*;/i.test(disposition) || name === undefined) throw malformedForm();
  return {
    name,
    filename: dispositionParameter(disposition, "filename"),
    contentType: headers.get("content-type"),
  };
}

/** One parameter after another, so that what stands inside quotation marks is a value, and never a parameter. */
const PARAMETER = /;\s*([\w*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))\s*/y;

/**
 * The first parameter of this name. Browsers write `"` as %22 and line breaks as %0D%0A; curl writes `\"`. Source: HTML,
 * multipart/form-data encoding algorithm; RFC 7578, section 4.2.
 */
function dispositionParameter(disposition: string, name: string): string | undefined {
  PARAMETER.lastIndex = disposition.indexOf(";");
  for (let found = PARAMETER.exec(disposition); found !== null; found = PARAMETER.exec(disposition)) {
    const [, own = "", quoted, plain = ""] = found;
    if (own.toLowerCase() !== name) continue;
    const value = quoted?.replace(/\\(["\\])/g, "$1") ?? plain;
    return value.replace(/%22|%0D|%0A/gi, decodeURIComponent);
  }
  return undefined;
}
