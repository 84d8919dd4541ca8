import type { Service } from "../../../functions/http/http.ts";
import { telemetryFrom } from "../../../functions/http/telemetry/compose.ts";
import { composedService } from "../../../functions/server/compose.ts";
import { httpRequest } from "../../support/http-requests.ts";
import { ACCESS_WITH_SECRET } from "../../support/valet.ts";
import { report } from "./report.ts";
import { tokenOf } from "./token-of.ts";

// Microseconds of processor time for an answer from the cache, with its line in the log: not watched, with metrics, with traces
// that a collector takes, with both; in turn, in rounds. The arguments: rounds, calls in a round, users, the collector.
const [rounds = 0, each = 0, users = 0] = process.argv.slice(2, 5).map(Number);
const collector = process.argv[5] ?? "";

const METRICS = { METRICS_PORT: "0" };
const TRACES = { OTEL_EXPORTER_OTLP_ENDPOINT: collector };

/** Each has a cache of its own. */
const variants = new Map<string, Service["handle"]>([
  ["off", composedService(process.env, ACCESS_WITH_SECRET).handle],
  ["metrics", watched(METRICS)],
  ["traces", watched(TRACES)],
  ["both", watched({ ...METRICS, ...TRACES })],
]);

function watched(environment: Readonly<Record<string, string>>): Service["handle"] {
  const telemetry = telemetryFrom(environment);
  return telemetry.watched(composedService(process.env, ACCESS_WITH_SECRET, telemetry.auditLog)).handle;
}

const requests = Array.from({ length: users }, (_, at) =>
  httpRequest({ path: "/credentials", headers: { authorization: `Bearer ${tokenOf(`user${at}`)}` } }),
);

/** Ten thousand calls, until V8 has compiled what it will. */
const WARM_UP_ROUNDS = Math.ceil(10_000 / each);

async function measure(): Promise<void> {
  const names = [...variants.keys()];
  const times: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
  let id = 0;
  for (let round = -WARM_UP_ROUNDS; round < rounds; round += 1) {
    for (let i = 0; i < names.length; i += 1) {
      const name = names[(i + round + WARM_UP_ROUNDS) % names.length] ?? "";
      const handle = variants.get(name);
      const before = process.cpuUsage();
      for (let call = 0; call < each; call += 1) {
        const request = requests[call % users];
        if (handle === undefined || request === undefined) throw new Error(name);
        id += 1;
        const { status, body } = await handle({ ...request, requestId: `request-${id}` });
        if (status !== 200) throw new Error(body);
      }
      // What waits for the collector goes out now, and counts.
      await new Promise(setImmediate);
      const { user, system } = process.cpuUsage(before);
      if (round >= 0) times[name]?.push((user + system) / each);
    }
  }
  report(times);
  process.exit();
}

void measure();
