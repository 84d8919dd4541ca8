import { bareAssumeRole } from "./bare-call.ts";
import { eventWith, loadHandler } from "./fc-handler.ts";
import { report } from "./report.ts";
import { tokenOf } from "./token-of.ts";

// A bare call and handlers (their files are the last arguments) in turn, each time for a user who has asked for nothing
// yet: milliseconds of each call, the bare one's first. The first rounds only warm up: connections, and code that V8 has not
// yet compiled.
const [warmUpRounds = 0, rounds = 0] = process.argv.slice(2, 4).map(Number);
const host = (process.env["STS_ENDPOINT"] ?? "").replace("http://", "");
const call = {
  roleArn: process.env["OSS_ROLE_ARN"] ?? "",
  sessionName: "alice-0123456789abcdef0123",
  policy:
    '{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject","oss:PutObject"],"Resource":["acs:oss:*:*:examplebucket/users/alice/*"]}]}',
  accessKeyId: process.env["ALIBABA_CLOUD_ACCESS_KEY_ID"] ?? "",
  accessKeySecret: process.env["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] ?? "",
};
const variants: readonly ((event: Buffer) => Promise<unknown>)[] = [
  () => bareAssumeRole(host, call),
  ...process.argv.slice(4).map((file) => {
    const handler = loadHandler(file);
    return async (event: Buffer) => {
      const { statusCode, body } = await handler(event, {});
      if (statusCode !== 200) throw new Error(body);
    };
  }),
];

async function measure(): Promise<void> {
  const times: number[][] = variants.map(() => []);
  for (let round = 0; round < warmUpRounds + rounds; round += 1) {
    const event = eventWith(tokenOf(`user${round}`));
    // Another order each round, so that none is always the one after the slow one.
    for (let i = 0; i < variants.length; i += 1) {
      const at = (i + round) % variants.length;
      const startMs = performance.now();
      await variants[at]?.(event);
      if (round >= warmUpRounds) times[at]?.push(performance.now() - startMs);
    }
  }
  report(times);
}

void measure();
