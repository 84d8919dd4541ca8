import { BlockList, isIPv4, isIPv6 } from "node:net";
import type { AddressLimit } from "./address-limit-settings.ts";
import type { HttpRequest } from "./http.ts";

/** The network of a request's sender, as a name to count by; undefined: it is unknown, or may stand for everybody. */
export function callerNetwork(
  { headers, sourceIp }: Pick<HttpRequest, "headers" | "sourceIp">,
  by: Exclude<AddressLimit, "off">,
): string | undefined {
  // The nearest proxy writes the last address. Those before it are the caller's own words.
  const told = by === "peer" ? undefined : headers.get(by.header.toLowerCase())?.at(-1)?.split(",").at(-1);
  return networkOf(told?.trim()) ?? (isPublic(sourceIp) ? networkOf(sourceIp) : undefined);
}

/** An IPv4 address, or the /64 of an IPv6 address, of which everybody has 2^64. undefined for what is no address. */
export function networkOf(address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  if (isIPv4(address)) return address;
  if (!isIPv6(address)) return undefined;
  const groups = groupsOf(address);
  const [, , , , , mark, high = 0, low = 0] = groups;
  // An IPv4 address in the form of IPv6: ::ffff:192.0.2.1
  if (mark === 0xffff && groups.slice(0, 5).every((group) => group === 0))
    return [high >> 8, high & 255, low >> 8, low & 255].join(".");
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(":")}::/64`;
}

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): readonly number[] {
  const plain = address
    .replace(/%.*$/, "")
    .replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, ...bytes: string[]) => {
      const [a, b, c, d] = bytes.slice(0, 4).map(Number) as [number, number, number, number];
      return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
    });
  const [head = [], tail = []] = plain
    .split("::")
    .map((part) => part.split(":").filter((group) => group !== ""));
  const zeros = Array<string>(8 - head.length - tail.length).fill("0");
  return [...head, ...zeros, ...tail].map((group) => Number.parseInt(group, 16));
}

/** A proxy of the operator, not one caller: loopback, private and link-local networks, and those of load balancers (RFC 6598). */
const OF_PROXIES = new BlockList();
for (const [network, bits] of [
  ["127.0.0.0", 8],
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["169.254.0.0", 16],
  ["100.64.0.0", 10],
] as const)
  OF_PROXIES.addSubnet(network, bits, "ipv4");
OF_PROXIES.addAddress("::1", "ipv6");
OF_PROXIES.addSubnet("fc00::", 7, "ipv6");
OF_PROXIES.addSubnet("fe80::", 10, "ipv6");

function isPublic(address: string | undefined): boolean {
  const plain = address?.replace(/%.*$/, "");
  if (plain === undefined || (!isIPv4(plain) && !isIPv6(plain))) return false;
  return !OF_PROXIES.check(plain, isIPv4(plain) ? "ipv4" : "ipv6");
}
