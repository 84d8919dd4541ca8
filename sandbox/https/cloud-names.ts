import type { Bucket } from "../world.ts";

/** The services that have names on the internet. */
export type NamedService = "sts" | "oss" | "ram" | "fc" | "issuer";

/** The domains that belong to nobody's cloud: buckets', functions' and the issuer's own. */
export interface OwnDomains {
  readonly buckets: () => Iterable<Pick<Bucket, "hosts">>;
  /** In lower case. */
  readonly functions: () => Iterable<string>;
  /** In lower case; undefined: the issuer has no name. */
  readonly issuer: string | undefined;
}

/**
 * The service that answers at a host name; undefined: nobody here. Letters may be upper case, as in DNS. Anything else
 * that only looks like a name of the cloud is nobody's: a dot at the end, an IP address, a longer or a shorter name.
 */
export function serviceNamed(host: string, own: OwnDomains): NamedService | undefined {
  const name = host.toLowerCase();
  if (name.length > MAX_NAME_LENGTH) return undefined;
  for (const [service, forms] of CLOUD_NAMES) {
    if (forms.some((form) => form.test(name))) return service;
  }
  for (const { hosts } of own.buckets()) if (hosts.includes(name)) return "oss";
  for (const domain of own.functions()) if (domain === name) return "fc";
  return name === own.issuer ? "issuer" : undefined;
}

/** Characters. Source: RFC 1035, section 2.3.4: 255 bytes on the wire. */
const MAX_NAME_LENGTH = 253;

/** A DNS label: what a bucket, a function or an account is called. */
const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";

/** e.g. cn-hangzhou, ap-southeast-1, cn-hangzhou-internal, cn-hangzhou-vpc. Two letters first, so that it is no `oss-…`. */
const REGION = "[a-z]{2}(?:-[a-z0-9]+)+";

/** Sources: the endpoint lists of STS, RAM, OSS and FC; docs/sandbox-fidelity.md. */
const CLOUD_NAMES: readonly (readonly [NamedService, readonly RegExp[]])[] = [
  ["sts", forms(`sts\\.aliyuncs\\.com`, `sts(?:-vpc)?\\.${REGION}\\.aliyuncs\\.com`)],
  ["ram", forms(`ram\\.aliyuncs\\.com`, `ram\\.vpc-proxy\\.aliyuncs\\.com`)],
  [
    "oss",
    forms(
      `(?:${LABEL}\\.)?oss-${REGION}\\.aliyuncs\\.com`,
      `(?:${LABEL}\\.)?oss-accelerate(?:-overseas)?\\.aliyuncs\\.com`,
      `(?:${LABEL}\\.)?${REGION}\\.oss\\.aliyuncs\\.com`,
    ),
  ],
  [
    "fc",
    forms(
      `\\d{16}\\.${REGION}\\.fc\\.aliyuncs\\.com`,
      `(?:fcv3|fc-open|fc)(?:-vpc)?\\.${REGION}\\.aliyuncs\\.com`,
      `${LABEL}\\.${REGION}\\.fcapp\\.run`,
    ),
  ],
];

function forms(...patterns: readonly string[]): readonly RegExp[] {
  return patterns.map((pattern) => new RegExp(`^(?:${pattern})$`));
}
