"use strict";
/*
 * For `node --require`: sends the connections of a Node.js program through the proxy of HTTPS_PROXY, whatever HTTP
 * client it has. Node.js 20 has no setting for that. Only connections to port 443 or 80 are sent there, and none to
 * this machine. The proxy takes the host from the TLS server name or the Host header, so nothing else changes.
 */
const net = require("node:net");

const { hostname, port } = new URL(
  process.env.HTTPS_PROXY || process.env.https_proxy || "http://127.0.0.1:0",
);
const direct = (process.env.NO_PROXY || process.env.no_proxy || "")
  .toLowerCase()
  .split(/[\s,]+/)
  .filter(Boolean);
const connect = net.Socket.prototype.connect;

net.Socket.prototype.connect = function connectThroughProxy(...args) {
  // net.connect hands over its arguments as one list, options first.
  const list = Array.isArray(args[0]) ? args[0] : args;
  const options = list[0];
  if (isOutside(options)) list[0] = { ...options, host: hostname, port: Number(port), lookup: undefined };
  return connect.apply(this, args);
};

function isOutside(options) {
  if (typeof options !== "object" || options === null || options.path) return false;
  const host = String(options.host || "localhost").toLowerCase();
  return ["443", "80"].includes(String(options.port)) && !isThisMachine(host) && !isDirect(host);
}

function isThisMachine(host) {
  // A name may begin with "127." too.
  if (net.isIP(host) === 4) return host.startsWith("127.");
  return /^(localhost|.*\.localhost|::1|\[::1\])$/.test(host);
}

function isDirect(host) {
  return direct.some(
    (name) => name === "*" || host === name || host.endsWith(name.startsWith(".") ? name : `.${name}`),
  );
}
