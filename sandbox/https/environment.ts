import type { HttpsDoors } from "./https.ts";

/** The variables that a program is started with, by language. Without them in its code, it reaches the sandbox. */
export type Environment = Readonly<Record<string, string>>;

type Doors = Pick<
  HttpsDoors,
  "proxy" | "caCertificate" | "trustStore" | "trustStorePassword" | "hostsFile" | "nodeProxy" | "pythonPath"
>;

/** In the order in which the terminal shows them. */
export function environmentsFor(doors: Doors): Readonly<Record<string, Environment>> {
  const { proxy, caCertificate } = doors;
  return {
    "Node.js": {
      HTTPS_PROXY: proxy,
      NODE_EXTRA_CA_CERTS: caCertificate,
      NODE_OPTIONS: `--require ${JSON.stringify(doors.nodeProxy)}`,
    },
    Python: { HTTPS_PROXY: proxy, SSL_CERT_FILE: caCertificate, PYTHONPATH: doors.pythonPath },
    Go: { HTTPS_PROXY: proxy, SSL_CERT_FILE: caCertificate },
    Java: { JAVA_TOOL_OPTIONS: javaOptions(doors) },
    curl: { HTTPS_PROXY: proxy, CURL_CA_BUNDLE: caCertificate },
  };
}

/** All of them together, and what `http://` endpoints and addresses of this machine need. */
export function environmentFor(doors: Doors): Environment {
  return {
    ...Object.assign({}, ...Object.values(environmentsFor(doors))),
    ...plainEnvironment(doors),
    REQUESTS_CA_BUNDLE: doors.caCertificate,
  } as Environment;
}

/** For programs that use `http://` endpoints or addresses of this machine too. curl reads small letters only. */
export function plainEnvironment({ proxy }: Doors): Environment {
  const local = "127.0.0.1,localhost";
  return { HTTP_PROXY: proxy, http_proxy: proxy, NO_PROXY: local, no_proxy: local };
}

/** Most HTTP clients of Java read the first four; aliyun-sdk-oss and aliyun-java-sdk-core do with the next three. */
function javaOptions({ proxy, trustStore, trustStorePassword, hostsFile }: Doors): string {
  const { hostname, port } = new URL(proxy);
  return Object.entries({
    "http.proxyHost": hostname,
    "http.proxyPort": port,
    "https.proxyHost": hostname,
    "https.proxyPort": port,
    socksProxyHost: hostname,
    socksProxyPort: port,
    "jdk.net.hosts.file": hostsFile,
    "javax.net.ssl.trustStore": trustStore,
    "javax.net.ssl.trustStorePassword": trustStorePassword,
  })
    .map(([name, value]) => `-D${name}=${value}`)
    .join(" ");
}
