import { dateText } from "../clock.ts";
import { type Role, randomText, type Session, type World } from "../world.ts";
import { sealSecurityToken } from "./security-token.ts";

/** Milliseconds. How long an expired session is remembered, so that it is not reported as unknown. */
const REMEMBERED_MS = 3_600_000;

/** What a session is made of; who may have one is decided elsewhere. */
export interface SessionRequest {
  readonly accountId: string;
  readonly role: Role;
  readonly name: string;
  /** Undefined: the whole role. */
  readonly policy: string | undefined;
  readonly sourceIdentity: string | undefined;
  readonly durationSeconds: number;
  /** Default: false. */
  readonly isOfFunction?: boolean;
}

/** Makes temporary credentials (`STS.…`) and remembers them. Their end is rounded down to a whole second. */
export function openSession(world: World, request: SessionRequest): Session {
  const { durationSeconds, isOfFunction = false, ...what } = request;
  const createdMs = world.clock.nowMs();
  const expiresMs = Math.floor(createdMs / 1000) * 1000 + durationSeconds * 1000;
  const accessKeyId = `STS.${randomText(25)}`;
  const session: Session = {
    ...what,
    accessKeyId,
    accessKeySecret: randomText(44),
    securityToken: sealSecurityToken(world, {
      accessKeyId,
      accountId: what.accountId,
      role: what.role.name,
      sessionName: what.name,
      policy: what.policy,
      expiresMs,
    }),
    createdMs,
    expiresMs,
    isOfFunction,
  };
  forgetOldSessions(world, createdMs);
  world.sessions.set(accessKeyId, session);
  return session;
}

/** e.g. 2026-11-23T10:00:00Z: no milliseconds. */
export function expirationOf(session: Session): string {
  return dateText(session.expiresMs);
}

/** From the oldest on, up to the first that still counts: longer ones may hold others up for a while. */
function forgetOldSessions(world: World, nowMs: number): void {
  for (const [accessKeyId, session] of world.sessions) {
    if (session.expiresMs + REMEMBERED_MS > nowMs) return;
    world.sessions.delete(accessKeyId);
  }
}
