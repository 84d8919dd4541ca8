import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

/** A span as OTLP's JSON has it; the fields that tests look at. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
  readonly status: { readonly code: number };
}

export interface Collector {
  readonly url: string;
  readonly requests: readonly { readonly path: string; readonly headers: IncomingHttpHeaders }[];
  /** All bodies, one after the other. */
  text(): string;
  spans(): readonly ReceivedSpan[];
  /** Resolves as soon as it has a request for which `found` is true. */
  until<T>(found: () => T | undefined): Promise<T>;
  /** From now on: a status, or `hang` for no answer. */
  answers(how: number | "hang"): void;
  close(): Promise<void>;
}

/** A collector of traces: OTLP over HTTP, as JSON. */
export async function startCollector(): Promise<Collector> {
  const requests: { path: string; headers: IncomingHttpHeaders }[] = [];
  const bodies: string[] = [];
  const waiting = new Set<() => void>();
  let how: number | "hang" = 200;
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      requests.push({ path: incoming.url ?? "", headers: incoming.headers });
      bodies.push(Buffer.concat(chunks).toString("utf8"));
      for (const look of waiting) look();
      if (how !== "hang") outgoing.writeHead(how, { "Content-Type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    text: () => bodies.join("\n"),
    spans: () => bodies.flatMap(spansOf),
    until: (found) =>
      new Promise((resolve) => {
        const look = (): void => {
          const value = found();
          if (value === undefined) return;
          waiting.delete(look);
          resolve(value);
        };
        waiting.add(look);
        look();
      }),
    answers: (next) => {
      how = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function spansOf(body: string): readonly ReceivedSpan[] {
  const { resourceSpans } = JSON.parse(body) as {
    readonly resourceSpans: readonly {
      readonly scopeSpans: readonly { readonly spans: readonly ReceivedSpan[] }[];
    }[];
  };
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}

/** An attribute of a span: its value, whatever its type. */
export function attributeOf(span: ReceivedSpan, key: string): unknown {
  const value = span.attributes.find((one) => one.key === key)?.value;
  return value === undefined ? undefined : Object.values(value)[0];
}
