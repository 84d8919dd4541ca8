import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { sandboxLine } from "./main-line.ts";
import { type Sandbox, startSandbox } from "./sandbox.ts";
import { seededWorld } from "./seed.ts";

const USAGE = `npm run sandbox [-- --port N] [--seed FILE] [--json]

  --port N      the services take the ports N, N+1, ...; free ones where left out or 0
  --seed FILE   a world of your own, in YAML or JSON, instead of the classic guide's
  --json        print one line of JSON once everything is ready`;

/** Runs the sandbox until Ctrl-C. */
async function main(): Promise<void> {
  const { port, json, seed } = optionsFrom(process.argv.slice(2));
  const world = seed === undefined ? {} : { world: seededWorld(readFileSync(seed, "utf8")) };
  const sandbox = await startSandbox({ port, ...world });
  process.stdout.write(json ? `${JSON.stringify(sandboxLine(sandbox))}\n` : guideFor(sandbox));
  const stop = () => void sandbox.stop();
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
}

/** Throws an Error that names the option which is wrong. */
function optionsFrom(args: readonly string[]): {
  readonly port: number;
  readonly json: boolean;
  readonly seed: string | undefined;
} {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: "string", default: "0" },
      seed: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const port = /^\d{1,5}$/.test(values.port) ? Number(values.port) : NaN;
  if (!(port <= 65_000)) throw new Error(`--port must be a number from 0 to 65000, not "${values.port}"`);
  return { port, json: values.json, seed: values.seed };
}

/** What a person reads: every address, every key, and a line to try each with. */
function guideFor(sandbox: Sandbox): string {
  const { sts, issuer, control, accessKeyId, accessKeySecret, administrator, roleArn, bucket, region } =
    sandbox;
  return `A local Alibaba Cloud, until Ctrl-C. Nothing of it outlives this process.

  STS        ${sts.url}
  RAM        ${sandbox.ram.url}
  FC         ${sandbox.fc.url}          no function is deployed; npm start deploys one
  issuer     ${issuer.url}          a toy login: whoever names a user gets a token for it
  control    ${control.url}          clock, faults, journal, key rotation

  account    ${sandbox.accountId}
  role       ${roleArn}
  bucket     ${bucket} in ${region}
  caller     ${accessKeyId} / ${accessKeySecret}          may assume the role, and nothing else
  admin      ${administrator.accessKeyId} / ${administrator.accessKeySecret}          may do everything

STS SDK    new Sts20150401(new Config({ endpoint: "${sts.endpoint}", protocol: "http", accessKeyId: "${accessKeyId}", accessKeySecret: "${accessKeySecret}" }))
ali-oss    new OSS.STS({ endpoint: "${sts.url}", accessKeyId: "${accessKeyId}", accessKeySecret: "${accessKeySecret}" })
curl       curl -d sub=alice ${issuer.url}/token
`;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`sandbox: ${error instanceof Error ? error.message : String(error)}\n\n${USAGE}\n`);
  process.exitCode = 1;
}
