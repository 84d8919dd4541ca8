import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join } from "node:path";

/** The built server.js as a process of its own. */
export interface BuiltServer {
  /** Of the service: http://127.0.0.1:PORT. */
  readonly origin: string;
  /** Of the metrics; undefined when the server named none before it listened. */
  readonly metrics: string | undefined;
  readonly child: ChildProcessWithoutNullStreams;
  /** What it has written to standard output. */
  log(): string;
  /** Resolves as soon as a line of standard output has this text in it. */
  logged(text: string): Promise<string>;
  /** SIGTERM. Resolves with the exit code. */
  stop(): Promise<number | null>;
}

/** Starts `server.js` of a folder, configured by nothing but `environment`. Rejects with what it said when it ends at once. */
export function startBuiltServer(
  folder: string,
  environment: Readonly<Record<string, string>>,
): Promise<BuiltServer> {
  const child = spawn(process.execPath, [join(folder, "server.js")], {
    env: { PATH: process.env["PATH"] ?? "", PORT: "0", ...environment },
  });
  let out = "";
  let said = "";
  const looking = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    for (const look of looking) look();
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  return new Promise((resolve, reject) => {
    void ended.then((code) => reject(new Error(`server.js ended with ${code}: ${said}`)));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      const origin = /listens on (http:\/\/127\.0\.0\.1:\d+)/.exec(said)?.[1];
      if (origin === undefined) return;
      resolve({
        origin,
        metrics: /its metrics on (http:\S+)/.exec(said)?.[1],
        child,
        log: () => out,
        logged: (text) =>
          new Promise((found) => {
            const look = (): void => {
              const line = out
                .split("\n")
                .slice(0, -1)
                .find((one) => one.includes(text));
              if (line === undefined) return;
              looking.delete(look);
              found(line);
            };
            looking.add(look);
            look();
          }),
        stop: () => {
          child.kill("SIGTERM");
          return ended;
        },
      });
    });
  });
}
