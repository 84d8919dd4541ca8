import type { Answered, Ask } from "../instance.ts";
import { eventWith, loadHandler } from "./fc-handler.ts";
import { tokenOf } from "./token-of.ts";

// An instance of the function, or of a peer (BUNDLE says which): answers what its parent asks it for, and says what that cost.
const handler = loadHandler();

async function answered({ requests, firstUser, users, atOnce }: Ask): Promise<Answered> {
  const events = Array.from({ length: users }, (_, at) => eventWith(tokenOf(`user${firstUser + at}`)));
  const statuses: Record<number, number> = {};
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < requests) {
      const event = events[next % users] ?? eventWith(undefined);
      next += 1;
      const { statusCode } = await handler(event, {});
      statuses[statusCode] = (statuses[statusCode] ?? 0) + 1;
    }
  };
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: atOnce }, caller));
  const { user, system } = process.cpuUsage(before);
  return { statuses, cpuMicroseconds: user + system };
}

process.on("message", (ask: Ask) => {
  void answered(ask).then((answer) => process.send?.(answer));
});
