import type { Socket } from "node:net";

/** The first byte of a SOCKS 5 connection. Source: RFC 1928. */
export const SOCKS_5 = 0x05;

/** What a SOCKS client asks to be connected to. */
export interface SocksRequest {
  /** A name as the client wrote it, or an IPv4 address; undefined for anything else (IPv6). */
  readonly host: string | undefined;
  readonly port: number;
  /** Answers the client: it is connected, or refused (0x02, "connection not allowed by ruleset"). */
  reply(outcome: "connected" | "refused"): void;
}

/** Milliseconds; that of TLS (tls.ts). */
const HANDSHAKE_TIMEOUT_MS = 30_000;

/**
 * Reads a SOCKS 5 handshake: no authentication, CONNECT alone. Undefined when it is anything else, when the client goes
 * away, or when the handshake takes longer than `timeoutMs`: the connection is closed then. Java needs it:
 * aliyun-sdk-oss knows no other proxy setting that is not in the program.
 */
export async function readSocksRequest(
  socket: Socket,
  timeoutMs = HANDSHAKE_TIMEOUT_MS,
): Promise<SocksRequest | undefined> {
  const deadline = setTimeout(() => socket.destroy(), timeoutMs);
  try {
    return await handshakeOn(socket);
  } finally {
    clearTimeout(deadline);
  }
}

async function handshakeOn(socket: Socket): Promise<SocksRequest | undefined> {
  const methods = (await bytesFrom(socket, 2))?.[1];
  if (methods === undefined || (await bytesFrom(socket, methods)) === undefined) return undefined;
  socket.write(Buffer.from([SOCKS_5, 0x00]));
  const [version, command, , addressType] = (await bytesFrom(socket, 4)) ?? [];
  if (version !== SOCKS_5 || command !== 0x01) return undefined;
  const length = addressType === 0x01 ? 4 : addressType === 0x03 ? (await bytesFrom(socket, 1))?.[0] : 16;
  const address = length === undefined ? undefined : await bytesFrom(socket, length);
  const port = (await bytesFrom(socket, 2))?.readUInt16BE();
  if (address === undefined || port === undefined) return undefined;
  return {
    host:
      addressType === 0x01
        ? address.join(".")
        : addressType === 0x03
          ? address.toString("latin1")
          : undefined,
    port,
    reply: (outcome) => {
      socket.write(Buffer.from([SOCKS_5, outcome === "connected" ? 0x00 : 0x02, 0, 1, 0, 0, 0, 0, 0, 0]));
    },
  };
}

/** Exactly so many bytes, in however many pieces they come; undefined when the connection ends before. */
async function bytesFrom(socket: Socket, count: number): Promise<Buffer | undefined> {
  const pieces: Buffer[] = [];
  let missing = count;
  while (missing > 0) {
    // All that is there, and no more than is needed. While bytes stay unread, `readable` fires again at once.
    const there = Math.min(missing, socket.readableLength);
    // Without a length, `read` notices the end.
    const piece: Buffer | null = there > 0 ? socket.read(there) : socket.read();
    if (piece !== null) {
      pieces.push(piece);
      missing -= piece.length;
    } else if (socket.destroyed || socket.readableEnded) {
      return undefined;
    } else {
      await change(socket);
    }
  }
  return Buffer.concat(pieces);
}

/** There are more bytes to read, or the connection ends. */
function change(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const event of ["readable", "end", "close"]) socket.off(event, done);
      resolve();
    };
    for (const event of ["readable", "end", "close"]) socket.once(event, done);
  });
}
