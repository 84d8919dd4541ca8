import type { Bug } from "./bug.ts";

/** The sandbox's Log Service, and what doctor says of the functions' log. */
export const logServiceBugs: readonly Bug[] = [
  {
    name: "sandbox: Log Service takes any signature",
    in: "sandbox/sls/authentication.ts#callerOf",
    find: `!sameSecret(signature, expected)`,
    replace: `false`,
    killedBy: ["sandbox/sls"],
  },
  {
    name: "sandbox: Log Service does not ask RAM",
    in: "sandbox/sls/server.ts#allowed",
    find: `decision.effect === "Deny"`,
    replace: `false`,
    killedBy: ["sandbox/sls"],
  },
  {
    name: "cli: doctor takes any type of a field of the log for the right one",
    in: "cli/doctor/log-store.ts#typeFits",
    find: `wanted === "text" ? is === "text" : is === "long" || is === "double"`,
    replace: `true`,
    killedBy: ["flow/doctor-log"],
  },
];
