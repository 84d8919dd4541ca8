import { CloudError } from "../../../sandbox/cloud-error.ts";
import { boundaryFrom, formParts } from "../../../sandbox/oss/form-data.ts";
import { type FuzzTarget, law } from "../engine/target.ts";

const part = (head: string, content: string): string =>
  `--b\r\nContent-Disposition: form-data; ${head}\r\n\r\n${content}\r\n`;

/** The first line is the Content-Type, the rest the body. */
const FORMS = [
  `multipart/form-data; boundary=b\n${part('name="key"', "a/b.jpg")}${part('name="file"; filename="a.jpg"\r\nContent-Type: image/jpeg', "bytes")}--b--\r\n`,
  `multipart/form-data; boundary="b"\n${part('name="a%22b"', "")}--b--`,
  `multipart/form-data;charset=utf-8;boundary=b\nbefore\r\n${part('filename="\\"x\\""; name=file', "\r\n--\r\n-b")}--b--behind`,
  "multipart/form-data; boundary=b\n--b--\r\n",
  "text/plain\n",
];

/**
 * The sandbox's reader of multipart forms: parts, or one of two errors of OSS. However the bytes are cut into chunks, the
 * parts are the same; and a form written from the parts is read as the same parts.
 */
export const target: FuzzTarget = {
  name: "sandbox-form",
  seeds: FORMS,
  dictionary: [
    "\r\n--b",
    "--b--",
    "\r\n\r\n",
    'name="',
    'filename="',
    "form-data; ",
    "Content-Disposition: ",
    "boundary=",
  ],
  run: async (input) => {
    const end = input.indexOf("\n");
    const type = input.toString("latin1", 0, Math.max(0, end));
    const body = input.subarray(end + 1);
    const whole = await partsOf(type, [body]);
    const cut = await partsOf(type, chunksOf(body, 3));
    law("the chunks make no difference", JSON.stringify(whole) === JSON.stringify(cut), () => ({
      whole,
      cut,
    }));
    if (whole === undefined) return;
    const again = await partsOf("multipart/form-data; boundary=0123456789abcdef", [written(whole)]);
    law(
      "a form written from the parts has the same parts",
      JSON.stringify(again) === JSON.stringify(whole),
      () => ({
        whole,
        again,
      }),
    );
  },
};

interface Read {
  readonly name: string;
  readonly filename: string | undefined;
  readonly contentType: string | undefined;
  readonly content: string;
}

async function partsOf(type: string, chunks: readonly Buffer[]): Promise<readonly Read[] | undefined> {
  try {
    const read: Read[] = [];
    for await (const { name, filename, contentType, bytes } of formParts(
      streamOf(chunks),
      boundaryFrom(type),
    )) {
      const content: Uint8Array[] = [];
      for await (const chunk of bytes) content.push(chunk);
      read.push({ name, filename, contentType, content: Buffer.concat(content).toString("latin1") });
    }
    return read;
  } catch (error) {
    law(
      "a form that is refused is refused as OSS does",
      error instanceof CloudError &&
        error.status === 400 &&
        ["MalformedPOSTRequest", "RequestIsNotMultiPartContent"].includes(error.code),
      () => String(error),
    );
    return undefined;
  }
}

async function* streamOf(chunks: readonly Buffer[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

function chunksOf(body: Buffer, size: number): readonly Buffer[] {
  return Array.from({ length: Math.ceil(body.length / size) }, (_none, at) =>
    body.subarray(at * size, (at + 1) * size),
  );
}

/** As browsers write them. */
function written(parts: readonly Read[]): Buffer {
  const quoted = (text: string): string =>
    text.replace(/\\/g, "\\\\").replace(/"/g, "%22").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
  const boundary = "0123456789abcdef";
  return Buffer.concat([
    ...parts.flatMap(({ name, filename, contentType, content }) => [
      Buffer.from(
        [
          `--${boundary}`,
          `Content-Disposition: form-data; name="${quoted(name)}"${filename === undefined ? "" : `; filename="${quoted(filename)}"`}`,
          ...(contentType === undefined ? [] : [`Content-Type: ${contentType}`]),
          "",
          "",
        ].join("\r\n"),
      ),
      Buffer.from(content, "latin1"),
      Buffer.from("\r\n"),
    ]),
    Buffer.from(`--${boundary}--\r\n`),
  ]);
}
