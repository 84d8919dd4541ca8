import type { ColdStart } from "../cold-start.ts";
import type { PeerHandler } from "../peers/handlers.ts";
import { programFile, settings } from "../stage.ts";

/** What people use instead. */
export interface Peer {
  readonly name: string;
  /** Its answer without the server around it. */
  readonly handler: PeerHandler;
  /** How it comes up: a server of its own, or a handler in FC's runtime. */
  readonly startsAs: { readonly server: string } | { readonly fcHandler: string };
}

export const PEERS: readonly Peer[] = [
  { name: "Express with ali-oss", handler: "aliOss", startsAs: { server: "express-ali-oss" } },
  { name: "Express with pop-core", handler: "popCore", startsAs: { server: "express-pop-core" } },
  { name: "the SDK, not bundled", handler: "sdk", startsAs: { fcHandler: "sdk-fc-handler" } },
];

/** Its first answer after its start. */
export function coldStartOf({ name, startsAs }: Peer, stsPort: number, token: string): ColdStart {
  const peer = { name: `peer: ${name}`, expected: 200 };
  return "server" in startsAs
    ? { ...peer, program: startsAs.server, environment: settings(stsPort), request: { token } }
    : {
        ...peer,
        program: "one-request",
        environment: settings(stsPort, { TOKEN: token, BUNDLE: programFile(startsAs.fcHandler) }),
      };
}
