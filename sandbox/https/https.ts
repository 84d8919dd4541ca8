import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { LoopbackServer } from "../http.ts";
import type { ServiceListener } from "../service-listener.ts";
import type { World } from "../world.ts";
import { certificateAuthority } from "./authority.ts";
import { type Certificates, certificatesOf } from "./certificates.ts";
import { type NamedService, type OwnDomains, serviceNamed } from "./cloud-names.ts";
import { type ConnectionServer, connectionServer } from "./connections.ts";
import { hostsFileFor } from "./host-names.ts";
import { proxyServer } from "./proxy.ts";
import { type Refused, refusalsIn } from "./refusals.ts";
import { speakTls } from "./tls.ts";
import { writeTrustFiles } from "./trust-files.ts";
import { TRUST_STORE_PASSWORD } from "./trust-store.ts";
import { tunnelsOf } from "./tunnels.ts";

/** The sandbox over TLS, and under the cloud's own names. */
export interface HttpsDoors {
  /** The port of each service's TLS door. Their certificate is for 127.0.0.1 and localhost. */
  readonly ports: Readonly<Record<NamedService, number>>;
  /** The HTTP proxy that answers for the cloud's names, e.g. http://127.0.0.1:41245 */
  readonly proxy: string;
  /** Path of the authority's certificate, PEM. */
  readonly caCertificate: string;
  /** Path of the same as a PKCS #12 trust store, for Java. */
  readonly trustStore: string;
  readonly trustStorePassword: string;
  /** Path of a file for Java's `jdk.net.hosts.file`: the names of the buckets and endpoints. */
  readonly hostsFile: string;
  /** Path of a file for `node --require`: it sends the connections of any Node.js program through the proxy. */
  readonly nodeProxy: string;
  /** Path of a folder for PYTHONPATH: clients with a list of authorities of their own trust SSL_CERT_FILE then. */
  readonly pythonPath: string;
}

/** In the order of their ports. */
const NAMED_SERVICES = ["sts", "oss", "ram", "fc", "issuer"] as const;

/** Domains that nobody owns (RFC 2606, RFC 6761), for names that a test thinks of after the start. */
const RESERVED_DOMAINS = ["localhost", "test", "example", "example.com", "example.net", "example.org"];

export interface HttpsOptions {
  readonly world: World;
  /** The first port; the doors take the next ones. 0: free ports. */
  readonly port: number;
  readonly doors: Readonly<Record<NamedService, LoopbackServer>>;
  readonly own: OwnDomains;
  /** A line for the person at the terminal. */
  readonly say: (line: string) => void;
}

/** What `openHttps` opened. */
export interface OpenedHttps extends HttpsDoors {
  /** A service's listener, which then answers only requests that are for the host that their connection is for. */
  around(listener: ServiceListener): ServiceListener;
  close(): Promise<void>;
}

/** Opens the proxy and a TLS door for each service: all of them or none. Rejects with EADDRINUSE. */
export async function openHttps({ world, port, doors, own, say }: HttpsOptions): Promise<OpenedHttps> {
  // Clients check the dates with the laptop's clock.
  const authority = await certificateAuthority(permittedDomains(own), Date.now());
  const certificates = await certificatesOf(authority);
  const refused = refusalsIn(world, say);
  const tunnels = tunnelsOf(refused);
  const common = {
    doors,
    certificates,
    tunnels,
    refused,
    serviceOf: (host: string) => serviceNamed(host, own),
    mayCertify: authority.mayCertify,
    distrusted: (host: string) =>
      say(`https: a client does not trust the certificate for ${host}; set its variables: docs/sandbox.md`),
  };
  const opened: ConnectionServer[] = [];
  const files = await writeTrustFiles(authority.certificate);
  const writeHosts = hostsWriter(world, files.writeHosts);
  writeHosts();
  const close = async () => {
    await Promise.all(opened.map((server) => server.close()));
    files.remove();
  };
  const open = async (server: (port: number) => Promise<ConnectionServer>) => {
    const made = await server(port === 0 ? 0 : port + opened.length);
    opened.push(made);
    return made.port;
  };
  try {
    const proxyPort = await open((at) => proxyServer({ ...common, port: at }));
    const ports: [NamedService, number][] = [];
    for (const service of NAMED_SERVICES) {
      ports.push([service, await open((at) => tlsDoor({ ...common, port: at, service }))]);
    }
    return {
      ports: Object.fromEntries(ports) as Record<NamedService, number>,
      proxy: `http://127.0.0.1:${proxyPort}`,
      caCertificate: files.caCertificate,
      trustStore: files.trustStore,
      trustStorePassword: TRUST_STORE_PASSWORD,
      hostsFile: files.hostsFile,
      nodeProxy: fileURLToPath(new URL("node-proxy.cjs", import.meta.url)),
      pythonPath: fileURLToPath(new URL("python", import.meta.url)),
      around: (listener) => {
        const guarded = tunnels.around(listener);
        return (request, response, planted) => {
          // A request may have made a bucket.
          response.once("finish", writeHosts);
          return guarded(request, response, planted);
        };
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A service over TLS, at 127.0.0.1 and localhost, and under its real names for clients that connect to it directly. */
function tlsDoor(options: {
  readonly port: number;
  readonly service: NamedService;
  readonly doors: HttpsOptions["doors"];
  readonly certificates: Certificates;
  readonly serviceOf: (host: string) => NamedService | undefined;
  readonly mayCertify: (host: string) => boolean;
  readonly refused: Refused;
  readonly distrusted: (host: string) => void;
}): Promise<ConnectionServer> {
  const { port, service, doors, certificates, serviceOf, mayCertify, refused, distrusted } = options;
  return connectionServer(port, (socket) => {
    void speakTls(socket, {
      certificates,
      unnamed: "localhost",
      accepts: (name) => isLocal(name) || (serviceOf(name) === service && mayCertify(name)),
      onSecure: (inside) => doors[service].accept(inside),
      onRefused: (name) => refused(`TLS for ${name}`, `it is not a name of ${service}`, 0),
      onDistrust: () => distrusted("127.0.0.1"),
    });
  });
}

/** Writes the hosts file when its content would be another one. */
function hostsWriter(world: World, write: (content: string) => void): () => void {
  const machine = existsSync("/etc/hosts") ? readFileSync("/etc/hosts", "utf8") : "";
  let written: string | undefined;
  return () => {
    const content = hostsFileFor(world, machine);
    if (content !== written) write(content);
    written = content;
  };
}

function permittedDomains({ buckets, functions, issuer }: OwnDomains): readonly string[] {
  const own = [...[...buckets()].flatMap(({ hosts }) => hosts), ...functions()];
  return [
    ...new Set([
      "aliyuncs.com",
      "fcapp.run",
      ...RESERVED_DOMAINS,
      ...own,
      ...(issuer === undefined ? [] : [issuer]),
    ]),
  ];
}

/** `localhost`, and a bucket before it. */
function isLocal(name: string): boolean {
  return /^(?:[a-z0-9-]{1,63}\.)?localhost$/.test(name);
}
