import type { ColdStart } from "../cold-start.ts";
import { programFile, settings } from "../stage.ts";

/** What people use instead. */
export interface Peer {
  readonly name: string;
  /** The client of STS that it uses. */
  readonly client: string;
  /** Its answers without a server around them: the file of a handler of FC's runtime. */
  readonly handler: string;
  /** The server as which it starts; undefined: a handler in FC's runtime. */
  readonly server?: string;
}

export const PEERS: readonly Peer[] = [
  {
    name: "Express with ali-oss",
    client: "ali-oss",
    handler: programFile("ali-oss-fc-handler"),
    server: "express-ali-oss",
  },
  {
    name: "Express with pop-core",
    client: "pop-core",
    handler: programFile("pop-core-fc-handler"),
    server: "express-pop-core",
  },
  {
    name: "the SDK, not bundled",
    client: "the SDK, not bundled",
    handler: programFile("sdk-fc-handler"),
  },
];

/** Its first answer after its start. */
export function coldStartOf({ name, handler, server }: Peer, stsPort: number, token: string): ColdStart {
  const peer = { name: `peer: ${name}`, expected: 200 };
  return server === undefined
    ? { ...peer, program: "one-request", environment: settings(stsPort, { TOKEN: token, BUNDLE: handler }) }
    : { ...peer, program: server, environment: settings(stsPort), request: { token } };
}
