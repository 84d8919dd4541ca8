import type { Bug } from "./bug.ts";

/** The sandbox over TLS, and its proxy. */
export const httpsBugs: readonly Bug[] = [
  {
    name: "https: a name with another one behind it is the cloud's",
    in: "cloud-names.ts#forms",
    find: "new RegExp(`^(?:${pattern})$`)",
    replace: "new RegExp(`^(?:${pattern})`)",
    killedBy: ["sandbox/https-proxy"],
  },
  {
    name: "https: a name with another one before it is the cloud's",
    in: "cloud-names.ts#forms",
    find: "new RegExp(`^(?:${pattern})$`)",
    replace: "new RegExp(`(?:${pattern})$`)",
    killedBy: ["sandbox/https-proxy"],
  },
  {
    name: "https: names below a bucket's own domain are the bucket's",
    in: "serviceNamed",
    find: `hosts.includes(name)`,
    replace: `hosts.some((host) => name.endsWith(host))`,
    killedBy: ["sandbox/https-proxy"],
  },
  {
    name: "https: CONNECT to any port is taken",
    in: "connectTarget",
    find: `if (port !== "443" && port !== "80") return`,
    replace: `if (port === "") return`,
    killedBy: ["sandbox/https-proxy"],
  },
  {
    name: "https: the Host header of a plain request may name another host",
    in: "plainRequest",
    find: `if (!isHeaderOf(header, target)) return`,
    replace: `if (header.host === "") return`,
    killedBy: ["sandbox/https-proxy"],
  },
  {
    name: "https: a second Host header is ignored",
    in: "hostHeader",
    find: `if (names.filter((name) => name === "host").length !== 1) return`,
    replace: `if (names.filter((name) => name === "host").length === 0) return`,
    killedBy: ["sandbox/https-proxy"],
  },
  {
    name: "https: the server name may differ from the host of CONNECT",
    in: "proxyServer",
    find: `(target === undefined || name === target.host) && problemOf`,
    replace: `problemOf`,
    killedBy: ["sandbox/https-proxy"],
  },
  {
    name: "https: a request in a tunnel may be for another host",
    in: "tunnelsOf",
    find: `if (target === undefined || isFor(request, target)) return`,
    replace: `if (target === undefined || target.host !== "") return`,
    killedBy: ["sandbox/https-proxy"],
  },
  {
    name: "https: a door shows a certificate for any name",
    in: "tlsDoor",
    find: `isLocal(name) || (serviceOf(name) === service && mayCertify(name))`,
    replace: `isLocal(name) || mayCertify(name) || name !== ""`,
    killedBy: ["sandbox/https-doors"],
  },
  {
    name: "https: the authority may certify every name",
    in: "constraintsTo",
    find: `...domains.map(dnsName),`,
    replace: `dnsName(""),`,
    killedBy: ["sandbox/https-doors"],
  },
  {
    name: "https: the authority's key can be exported",
    in: "certificateAuthority",
    find: `crypto.subtle.generateKey(CURVE, false,`,
    replace: `crypto.subtle.generateKey(CURVE, true,`,
    killedBy: ["sandbox/https-doors"],
  },
  {
    name: "https: everybody on the machine reads the trust files",
    in: "writeTrustFiles",
    find: `{ mode: 0o600 }`,
    replace: `{ mode: 0o644 }`,
    killedBy: ["sandbox/https-doors"],
  },
  {
    name: "https: the trust files stay behind",
    in: "writeTrustFiles",
    find: `rmSync(folder, { recursive: true, force: true });`,
    replace: ``,
    killedBy: ["sandbox/https-doors"],
  },
  {
    name: "https: a client's control characters reach the terminal",
    in: "refusals.ts#printable",
    find: `text.replaceAll(/[^\\x20-\\x7e]/g, "?")`,
    replace: `text`,
    killedBy: ["sandbox/https-proxy"],
  },
  {
    name: "https: OSS takes a request over TLS for one in plain text",
    in: "authorisation.ts#contextOf",
    find: `"acs:SecureTransport": String(request.secureTransport)`,
    replace: `"acs:SecureTransport": "false"`,
    killedBy: ["sandbox/https-doors"],
  },
  {
    name: "https: an unknown name of FC reaches the first function",
    in: "fcServer",
    find: `host.endsWith(".fcapp.run") ? undefined : byPath(message.url ?? "/")`,
    replace: `byPath(message.url ?? "/")`,
    killedBy: ["sandbox/https-doors"],
  },
  {
    name: "https: SOCKS connects to whatever is asked",
    in: "proxyServer",
    find: `"problem" in target ? target.problem : problemOf(target);
    if (problem !== undefined) {
      refused(\`SOCKS`,
    replace: `"problem" in target ? target.problem : undefined;
    if (problem !== undefined) {
      refused(\`SOCKS`,
    killedBy: ["sandbox/https-programs"],
  },
  {
    name: "https: SOCKS takes any port of the hosts file's address",
    in: "proxyServer",
    find: `host === PLACEHOLDER_ADDRESS && (port === 443 || port === 80)`,
    replace: `host === PLACEHOLDER_ADDRESS`,
    killedBy: ["sandbox/https-programs"],
  },
  {
    name: "https: a SOCKS client may take for ever",
    in: "readSocksRequest",
    find: `setTimeout(() => socket.destroy(), timeoutMs)`,
    replace: `setTimeout(() => undefined, timeoutMs)`,
    killedBy: ["sandbox/https-socks"],
  },
];
