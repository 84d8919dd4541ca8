const LOOPBACK_HOSTS = ["127.0.0.1", "[::1]", "localhost"];

/** Whether nobody on the way can read or change what is sent: https, or http within this machine. */
export function isSecure({ protocol, hostname }: URL): boolean {
  return protocol === "https:" || (protocol === "http:" && LOOPBACK_HOSTS.includes(hostname));
}
