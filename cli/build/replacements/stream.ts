import { unused } from "./unused.ts";

/** For @darabonba/typescript's stream.js: reading a body, without the server-sent events that STS does not send. */
export const replacement = {
  __esModule: true,
  default: {
    readAsJSON: async (body: Body): Promise<unknown> => JSON.parse(await textOf(body)),
    readAsString: textOf,
    readAsBytes: unused("@darabonba/typescript Stream.readAsBytes"),
    readAsSSE: unused("@darabonba/typescript Stream.readAsSSE"),
  },
  SSEEvent: unused("@darabonba/typescript SSEEvent"),
};

/** The events of a Readable that matter here. */
interface Body {
  on(event: "data" | "end" | "error", listener: (value: never) => void): unknown;
}

function textOf(body: Body): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    body.on("error", reject);
    body.on("data", (chunk: Buffer) => void chunks.push(chunk));
    body.on("end", () => resolve(Buffer.concat(chunks).toString()));
  });
}
