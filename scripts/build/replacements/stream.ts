import { unused } from "./unused.ts";

/** For @darabonba/typescript's stream.js: reading a body, without the server-sent events that STS does not send. */
export const replacement = {
  __esModule: true,
  default: {
    readAsJSON: async (body: AsyncIterable<Buffer>): Promise<unknown> => JSON.parse(await textOf(body)),
    readAsString: textOf,
    readAsBytes: unused("@darabonba/typescript Stream.readAsBytes"),
    readAsSSE: unused("@darabonba/typescript Stream.readAsSSE"),
  },
  SSEEvent: unused("@darabonba/typescript SSEEvent"),
};

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
