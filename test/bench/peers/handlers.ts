import { aliOssCredentials } from "./ali-oss-handler.ts";
import { popCoreCredentials } from "./pop-core-handler.ts";
import { sdkCredentials } from "./sdk-handler.ts";

/** The handlers of all peers, without the server around them. */
export const PEER_HANDLERS = {
  aliOss: aliOssCredentials,
  popCore: popCoreCredentials,
  sdk: sdkCredentials,
} as const;

export type PeerHandler = keyof typeof PEER_HANDLERS;
