import { Buffer } from "node:buffer";

/** For safe-buffer: Buffer.from, for Nodes that did not have it (before 4.5). */
export const replacement = { Buffer };
