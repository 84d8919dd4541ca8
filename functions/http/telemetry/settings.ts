import { isSecure } from "../../../shared/domain/secure-address.ts";
import { quoted, type Refuse, type Setting, type Settings } from "../settings.ts";

/** What is measured, and where it goes. */
export interface TelemetrySettings {
  /** The port of the metrics on 127.0.0.1; 0: a free one; undefined: no metrics. */
  readonly metricsPort: number | undefined;
  /** undefined: no traces. */
  readonly traces:
    | {
        /** The collector's whole address. Its path may have a key in it. */
        readonly url: string;
        /** Secrets. */
        readonly headers: Readonly<Record<string, string>>;
        readonly sampling: Sampling;
      }
    | undefined;
  /** OpenTelemetry's attributes of the sender, such as service.name. */
  readonly resource: Readonly<Record<string, string>>;
}

interface Sampling {
  readonly root: "always_on" | "always_off" | "traceidratio";
  readonly parentBased: boolean;
  readonly ratio: number;
}

const ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT";
const TRACES_ENDPOINT = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const HEADERS = "OTEL_EXPORTER_OTLP_HEADERS";
/** The library adds them by itself, so they are checked like the others. */
const TRACES_HEADERS = "OTEL_EXPORTER_OTLP_TRACES_HEADERS";
const PROTOCOL = "OTEL_EXPORTER_OTLP_PROTOCOL";
const SERVICE_NAME = "OTEL_SERVICE_NAME";
const RESOURCE = "OTEL_RESOURCE_ATTRIBUTES";
const SAMPLER = "OTEL_TRACES_SAMPLER";
const SAMPLER_ARG = "OTEL_TRACES_SAMPLER_ARG";

/** The environment variables that only a plain HTTP server reads. */
export const TELEMETRY_SETTINGS: readonly Setting[] = [
  "METRICS_PORT",
  ENDPOINT,
  TRACES_ENDPOINT,
  HEADERS,
  TRACES_HEADERS,
  PROTOCOL,
  SERVICE_NAME,
  RESOURCE,
  SAMPLER,
  SAMPLER_ARG,
].map((name) => ({ name, needed: false }));

/** Reads {@link TELEMETRY_SETTINGS}. No problem shows a header or an address with a key in it. */
export function telemetrySettingsFrom({ read, refuse }: Settings): TelemetrySettings {
  return {
    metricsPort: metricsPortFrom(read, refuse),
    traces: tracesFrom(read, refuse),
    resource: {
      ...pairsFrom(RESOURCE, read(RESOURCE), refuse),
      "service.name": read(SERVICE_NAME) ?? "oss-valet",
    },
  };
}

type Read = Settings["read"];

function metricsPortFrom(read: Read, refuse: Refuse): number | undefined {
  const where = "METRICS_PORT";
  const value = read(where);
  if (value === undefined) return undefined;
  const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
  const ofServer = Number(read("PORT") ?? read("FC_SERVER_PORT") ?? "9000");
  if (!(port <= 65_535)) refuse(where, quoted(value), "write a port number from 0 to 65535");
  else if (port !== 0 && port === ofServer)
    refuse(where, `is ${port}, the port of the server itself`, "write another port, such as 9464");
  return port;
}

function tracesFrom(read: Read, refuse: Refuse): TelemetrySettings["traces"] {
  const whole = read(TRACES_ENDPOINT);
  const base = read(ENDPOINT);
  const [where, value] = whole === undefined ? [ENDPOINT, base] : [TRACES_ENDPOINT, whole];
  if (value === undefined) return undefined;
  const headers = {
    ...pairsFrom(HEADERS, read(HEADERS), refuse),
    ...pairsFrom(TRACES_HEADERS, read(TRACES_HEADERS), refuse),
  };
  for (const [name, text] of Object.entries(headers)) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || !/^[ -~]*$/.test(text))
      refuse(HEADERS, "has a part that is no header", "write NAME=VALUE, several separated by commas");
  }
  const url = collectorFrom(where, value, Object.keys(headers).length > 0, refuse);
  const protocol = read(PROTOCOL);
  if (protocol !== undefined && protocol !== "http/json")
    refuse(PROTOCOL, quoted(protocol), "write http/json, the only one that is spoken, or delete it");
  const path = whole === undefined ? `${url?.pathname.replace(/\/$/, "")}/v1/traces` : url?.pathname;
  return { url: `${url?.origin}${path}`, headers, sampling: samplingFrom(read, refuse) };
}

function collectorFrom(where: string, value: string, withHeaders: boolean, refuse: Refuse): URL | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const fix = "write http:// or https:// and the collector's host, such as http://127.0.0.1:4318";
  // Neither the value nor its path is shown: collectors of clouds have a key in the path.
  if (url === undefined || !["http:", "https:"].includes(url.protocol))
    refuse(where, "is not an address of http or https", fix);
  else if (url.username !== "" || url.password !== "")
    refuse(where, "has a user or a password", `put what the collector asks for into ${HEADERS}`);
  else if (url.search !== "" || url.hash !== "") refuse(where, "has a ? or a # part", fix);
  else if (withHeaders && !isSecure(url))
    refuse(
      where,
      `is http, and ${HEADERS} is set: its keys would be sent unencrypted`,
      "write https:// (http:// only for a loopback address)",
    );
  return url;
}

function samplingFrom(read: Read, refuse: Refuse): Sampling {
  const value = read(SAMPLER) ?? "parentbased_always_on";
  const [, parentBased, root] = /^(parentbased_)?(always_on|always_off|traceidratio)$/.exec(value) ?? [];
  if (root === undefined)
    refuse(
      SAMPLER,
      quoted(value),
      "write always_on, always_off or traceidratio, or one of them after parentbased_",
    );
  const arg = read(SAMPLER_ARG);
  const ratio = arg === undefined ? 1 : /^[\d.]+$/.test(arg) ? Number(arg) : Number.NaN;
  if (root === "traceidratio" && !(ratio >= 0 && ratio <= 1))
    refuse(SAMPLER_ARG, quoted(arg ?? ""), "write a share from 0 to 1, such as 0.1");
  return {
    root: root === "always_off" || root === "traceidratio" ? root : "always_on",
    parentBased: parentBased !== undefined,
    ratio,
  };
}

/** `name=value,name=value`; a value is percent-encoded. Source: W3C Baggage, which both settings follow. */
function pairsFrom(
  where: string,
  value: string | undefined,
  refuse: Refuse,
): Readonly<Record<string, string>> {
  const pairs = (value ?? "").split(",").filter((part) => part.trim() !== "");
  return Object.fromEntries(
    pairs.map((part) => {
      const [name = "", ...rest] = part.split("=");
      const text = decoded(rest.join("=").trim());
      if (name.trim() === "" || rest.length === 0 || text === undefined)
        refuse(
          where,
          "has a part that is not NAME=VALUE",
          "separate parts by commas, and write a comma in a value as %2C and a % as %25",
        );
      return [name.trim(), text ?? ""];
    }),
  );
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
