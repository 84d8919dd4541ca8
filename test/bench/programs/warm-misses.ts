import { PEER_HANDLERS } from "../peers/handlers.ts";
import { bareAssumeRole } from "./bare-call.ts";
import { eventWith, loadHandler } from "./fc-handler.ts";
import { report } from "./report.ts";
import { tokenOf } from "./token-of.ts";

// Every variant in turn, each time for a user who has asked for nothing yet: milliseconds of each call. The first
// rounds only warm up: connections, and code that V8 has not yet compiled.
const handler = loadHandler();
const [warmUpRounds, rounds] = [Number(process.argv[2]), Number(process.argv[3])];
const host = (process.env["STS_ENDPOINT"] ?? "").replace("http://", "");
const call = {
  roleArn: process.env["OSS_ROLE_ARN"] ?? "",
  sessionName: "alice-0123456789abcdef0123",
  policy:
    '{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject","oss:PutObject"],"Resource":["acs:oss:*:*:examplebucket/users/alice/*"]}]}',
  accessKeyId: process.env["ALIBABA_CLOUD_ACCESS_KEY_ID"] ?? "",
  accessKeySecret: process.env["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] ?? "",
};
const variants: Readonly<Record<string, (token: string) => Promise<unknown>>> = {
  bare: () => bareAssumeRole(host, call),
  ours: async (token) => {
    const { statusCode, body } = await handler(eventWith(token), {});
    if (statusCode !== 200) throw new Error(body);
  },
  ...PEER_HANDLERS,
};

async function measure(): Promise<void> {
  const names = Object.keys(variants);
  const times: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < warmUpRounds + rounds; round += 1) {
    const token = tokenOf(`user${round}`);
    // Another order each round, so that none is always the one after the slow one.
    for (let i = 0; i < names.length; i += 1) {
      const name = names[(i + round) % names.length] ?? "";
      const startMs = performance.now();
      await variants[name]?.(token);
      if (round >= warmUpRounds) times[name]?.push(performance.now() - startMs);
    }
  }
  report(times);
}

void measure();
