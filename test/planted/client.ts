import type { Bug } from "./bug.ts";

/** The App's side: the App token goes to the function alone, and the credentials of two users never meet. */
export const clientBugs: readonly Bug[] = [
  {
    name: "client: the App token goes over http to any host",
    in: "SAFE_ENDPOINT",
    find: String.raw`https:\/\/[^/]`,
    replace: String.raw`https?:\/\/[^/]`,
    killedBy: ["client/credentials"],
  },
  {
    name: "client: a host that begins like loopback is loopback",
    in: "SAFE_ENDPOINT",
    find: String.raw`(\/|$)`,
    replace: ``,
    killedBy: ["client/credentials"],
  },
  {
    name: "client: an address without a scheme is a path of the page's origin",
    in: "SAFE_ENDPOINT",
    find: String.raw`\/(?!\/)`,
    replace: String.raw`\/`,
    killedBy: ["client/credentials"],
  },
  {
    name: "client: the user who signs in next uses the credentials of the one before while the function fails",
    in: "createCredentials",
    find: `if (held && held.vended.user !== user) held = undefined;`,
    replace: ``,
    killedBy: ["client/credentials"],
  },
  {
    name: "client: a stored answer is for every user",
    in: "createCredentials",
    find: `vended.user === user &&`,
    replace: ``,
    killedBy: ["client/credentials-storage"],
  },
  {
    name: "client: two users of one issuer are one",
    in: "OF_ONE_TOKEN",
    find: `"exp",`,
    replace: `"exp", "sub",`,
    killedBy: ["client/credentials-storage"],
  },
  {
    name: "client: an answer that comes after the sign-out is kept",
    in: "createCredentials",
    find: `if (mine !== era) return renewed();`,
    replace: ``,
    killedBy: ["client/credentials-storage"],
  },
  {
    name: "client: an answer that comes after the sign-out is stored",
    in: "createCredentials",
    find: `&& mine === era) await record.write`,
    replace: `) await record.write`,
    killedBy: ["client/credentials-storage"],
  },
  {
    name: "client: credentials stay in the storage after the sign-out",
    in: "createCredentials",
    find: `await record.write(undefined);`,
    replace: ``,
    killedBy: ["client/credentials-storage"],
  },
  {
    name: "client: a bucket that refuses every key makes a call of STS each time",
    in: "createCredentials",
    find: `if (invalidations.length === INVALIDATIONS_A_MINUTE) return;`,
    replace: ``,
    killedBy: ["client/credentials"],
  },
];
