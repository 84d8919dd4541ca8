import type { ServerResponse } from "node:http";

/** A body that was caught, and what it would have been sent with. */
export interface CaughtBody {
  readonly body: Buffer;
  readonly response: ServerResponse;
  send(part: Buffer, sent?: () => void): void;
  end(): void;
}

/** Keeps the body back until it is complete, and hands it over instead of sending it. */
export function catchBody(response: ServerResponse, onBody: (caught: CaughtBody) => void): void {
  const parts: Buffer[] = [];
  const { write, end } = response;
  const keep = (part: unknown, encoding: unknown) => {
    if (typeof part === "string") {
      parts.push(Buffer.from(part, typeof encoding === "string" ? (encoding as BufferEncoding) : "utf8"));
    } else if (part instanceof Uint8Array) parts.push(Buffer.from(part));
  };
  Object.assign(response, {
    write: (part: unknown, encoding?: unknown) => {
      keep(part, encoding);
      return true;
    },
    end: (part?: unknown, encoding?: unknown) => {
      keep(part, encoding);
      const body = Buffer.concat(parts);
      if (!response.headersSent) response.setHeader("content-length", body.length);
      onBody({
        body,
        response,
        send: (bytes, sent) => {
          write.call(response, bytes, "utf8", () => sent?.());
        },
        end: () => {
          end.call(response, undefined, "utf8");
        },
      });
      return response;
    },
  });
}

/** Sends the first half, and cuts the connection. */
export function truncate({ body, response, send }: CaughtBody): void {
  send(body.subarray(0, Math.ceil(body.length / 2)), () => response.destroy());
}

/** Sends one byte each so many milliseconds. */
export function drip(ms: number): (caught: CaughtBody) => void {
  return ({ body, response, send, end }) => {
    let at = 0;
    const timer = setInterval(() => {
      if (at < body.length) {
        send(body.subarray(at, ++at));
        return;
      }
      clearInterval(timer);
      end();
    }, ms);
    response.once("close", () => clearInterval(timer));
  };
}
