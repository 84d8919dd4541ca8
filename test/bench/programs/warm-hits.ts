import { createSecretKey, generateKeyPairSync } from "node:crypto";
import jwt from "jsonwebtoken";
import { eventWith, loadHandler } from "./fc-handler.ts";
import { report } from "./report.ts";
import { SECRET } from "./token-of.ts";

// Microseconds of processor time for an answer from the cache, from FC's event to its response with the log line, and for
// one jsonwebtoken.verify of the same token: all in turn, in rounds. The arguments: rounds, calls in a round, users, the
// bundle for each algorithm.
const [rounds = 0, each = 0, users = 0] = process.argv.slice(2, 5).map(Number);
const [bundleHS256 = "", bundleRS256 = ""] = process.argv.slice(5);
const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
process.env["JWT_PUBLIC_KEY"] = publicKey.export({ type: "spki", format: "pem" }) as string;

const ISSUED = { issuer: "https://login.example.com/", audience: "photo-app" };

const variants = new Map([
  ...variantsOf("HS256", SECRET, createSecretKey(SECRET, "utf8"), bundleHS256),
  ...variantsOf("RS256", privateKey, publicKey, bundleRS256),
]);

function variantsOf(
  algorithm: "HS256" | "RS256",
  signing: jwt.Secret,
  key: jwt.PublicKey,
  bundle: string,
): readonly (readonly [string, () => unknown])[] {
  const handler = loadHandler(bundle);
  const tokens = Array.from({ length: users }, (_, at) =>
    jwt.sign({ sub: `user${at}` }, signing, { algorithm, expiresIn: 3600, ...ISSUED }),
  );
  const events = tokens.map(eventWith);
  let at = 0;
  const next = <T>(of: readonly T[]): T => {
    at = (at + 1) % users;
    return of[at] as T;
  };
  return [
    [
      `hit${algorithm}`,
      async () => {
        const { statusCode, body } = await handler(next(events), {});
        if (statusCode !== 200) throw new Error(body);
      },
    ],
    [`verify${algorithm}`, () => jwt.verify(next(tokens), key, { algorithms: [algorithm], ...ISSUED })],
  ];
}

/** Ten thousand calls, until V8 has compiled what it will. Its threads' time counts too. */
const WARM_UP_ROUNDS = Math.ceil(10_000 / each);

async function measure(): Promise<void> {
  const names = [...variants.keys()];
  const times: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = -WARM_UP_ROUNDS; round < rounds; round += 1) {
    for (let i = 0; i < names.length; i += 1) {
      const name = names[(i + round + WARM_UP_ROUNDS) % names.length] ?? "";
      const run = variants.get(name);
      const before = process.cpuUsage();
      for (let call = 0; call < each; call += 1) await run?.();
      const { user, system } = process.cpuUsage(before);
      if (round >= 0) times[name]?.push((user + system) / each);
    }
  }
  report(times);
}

void measure();
