import {
  type OssEndpoint,
  type OssEndpoints,
  ossEndpointAt,
  ossNameFrom,
  regionEndpoint,
} from "../../shared/domain/oss-endpoint.ts";
import { isLoopback } from "../../shared/domain/secure-address.ts";
import { looksLikeKey, quoted, type Refuse } from "./settings.ts";

const NAME = "OSS_ENDPOINT";
const ADDRESS_ONLY = "write https:// and a host name only (http:// only for a loopback address)";
const SEPARATED =
  "separate entries by one comma: https://files.example.com, docs-bucket=https://docs.example.com";

/** What the entries of OSS_ENDPOINT may speak of. */
interface Deployment {
  /** OSS_BUCKET; "" when it has a problem. */
  readonly bucket: string;
  readonly region: string;
  /** The buckets that rules name; undefined when access.yaml has problems. */
  readonly bucketsOfRules: readonly string[] | undefined;
}

interface Entry {
  /** undefined: the entry without a bucket. */
  readonly bucket: string | undefined;
  readonly endpoint: OssEndpoint;
}

/**
 * Reads OSS_ENDPOINT: at most one address alone, and `bucket=address` for further buckets, separated by commas. An address
 * alone is the endpoint of every bucket without an entry; but a bucket's own domain stands for one bucket, so alone it is
 * that of OSS_BUCKET.
 */
export function ossEndpointsFrom(
  value: string | undefined,
  deployment: Deployment,
  refuse: Refuse,
): OssEndpoints {
  const ofRegion = regionEndpoint(deployment.region);
  const texts = value === undefined ? [] : value.split(",").map((text) => text.trim());
  if (texts.includes("")) refuse(NAME, "has a comma without an entry", SEPARATED);
  const say = (text: string) => (texts.length === 1 ? quoted(text) : quoted(text).replace(/^is /, "has "));
  const entries = texts
    .filter((text) => text !== "")
    .flatMap((text) => {
      const silent: Refuse = (where, is) => refuse(where, is, ADDRESS_ONLY);
      return entryFrom(text, { deployment, is: say(text), refuse: looksLikeKey(text) ? silent : refuse });
    });
  const hiding: Refuse = (where) =>
    refuse(where, "has a text that looks like a key, which is not shown here", SEPARATED);
  refuseContradictions(entries, deployment, texts.some(looksLikeKey) ? hiding : refuse);
  const alone = entries.find((entry) => entry.bucket === undefined)?.endpoint;
  const listed = entries.flatMap(({ bucket, endpoint }) =>
    bucket === undefined ? [] : [[bucket, endpoint] as const],
  );
  return {
    ofBuckets: new Map(alone?.cname === true ? [[deployment.bucket, alone], ...listed] : listed),
    others: alone === undefined || alone.cname ? ofRegion : alone,
  };
}

/** What an entry is read with; `is` shows the entry in a problem. */
interface Reading {
  readonly deployment: Deployment;
  readonly is: string;
  readonly refuse: Refuse;
}

function entryFrom(text: string, { deployment, is, refuse }: Reading): readonly Entry[] {
  const [, before, address = text] = /^([^=:/]*)=(.*)$/.exec(text) ?? [];
  const bucket = before?.trim();
  const [, colon, after] = /^([a-z0-9-]+)\s*:\s*(https?:\/\/.*)$/.exec(text) ?? [];
  // A password may come before an @.
  if (text.includes("@")) refuse(NAME, "contains an @", ADDRESS_ONLY);
  else if (colon !== undefined) refuse(NAME, is, `write ${colon}=${after}`);
  else if (bucket === "")
    refuse(NAME, is, "write a bucket's name before the =, such as docs-bucket=https://docs.example.com");
  else if (/[\s;]/.test(address.trim())) refuse(NAME, is, SEPARATED);
  else {
    const fix = fixOfAddress(address.trim(), deployment.region);
    if (fix === undefined) return [{ bucket, endpoint: ossEndpointAt(new URL(address.trim())) }];
    refuse(NAME, is, bucket === undefined || !fix.startsWith("write https://") ? fix : inEntry(bucket, fix));
  }
  return [];
}

function inEntry(bucket: string, fix: string): string {
  return fix.replace("write https://", `write ${bucket}=https://`);
}

/** What to write instead of an address; undefined: it can be used. */
function fixOfAddress(address: string, region: string): string | undefined {
  if (/^[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?(\/.*)?$/i.test(address))
    return fixOfAddress(`https://${address}`, region) ?? `write ${new URL(`https://${address}`).origin}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !["https:", "http:"].includes(url.protocol)) return ADDRESS_ONLY;
  const fix = fixOfHost(url.hostname, region);
  if (fix !== undefined || isLoopback(url.hostname)) return fix ?? pathFix(url);
  return url.protocol === "http:"
    ? `write https://${url.host} (http:// only for a loopback address)`
    : pathFix(url);
}

function pathFix({ origin, pathname, search, hash }: URL): string | undefined {
  return pathname === "/" && search === "" && hash === "" ? undefined : `write ${origin}, without a path`;
}

/** What to write instead of a host name; undefined: it can be a region's endpoint, or a bucket's own domain. */
function fixOfHost(host: string, region: string): string | undefined {
  if (isLoopback(host)) return undefined;
  const ofRegion = regionEndpoint(region).url;
  const name = ossNameFrom(host);
  if (name?.before === "s3") return `write ${ofRegion}: SDKs for S3 use the s3 name, Apps of OSS do not`;
  if (name !== undefined && name.before !== "")
    return `write https://${host.slice(name.before.length + 1)}: the SDKs put the bucket before it themselves`;
  if (host.endsWith(".aliyuncs.com")) return undefined;
  // Names that OSS takes for no bucket. Source: OSS, EC 0018-00000401.
  if (/(^|\.)aliyun(cs|-inc)?\./.test(host)) return `write ${ofRegion}`;
  if (host.endsWith(".")) return `write https://${host.slice(0, -1)}, without the dot at the end`;
  return DOMAIN.test(host)
    ? undefined
    : "write the full domain name that is bound to the bucket, such as https://files.example.com";
}

/** No IP address, no single word, no wildcard: OSS binds none of them. */
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/;

/** The bucket that an entry is for. undefined: every bucket without an entry. */
function bucketOf({ bucket, endpoint }: Entry, { bucket: own }: Deployment): string | undefined {
  return bucket ?? (endpoint.cname && own !== "" ? own : undefined);
}

function refuseContradictions(entries: readonly Entry[], deployment: Deployment, refuse: Refuse): void {
  const [first, second] = entries
    .filter(({ bucket }) => bucket === undefined)
    .map(({ endpoint }) => endpoint);
  if (first !== undefined && second !== undefined) {
    refuse(
      NAME,
      `has two addresses without a bucket, ${first.url} and ${second.url}`,
      `write the bucket before the second, such as docs-bucket=${second.url}`,
    );
    return;
  }
  for (const [at, entry] of entries.entries()) {
    const bucket = bucketOf(entry, deployment);
    const { url, cname } = entry.endpoint;
    for (const before of entries.slice(0, at)) {
      const other = bucketOf(before, deployment);
      if (other === bucket && bucket !== undefined)
        refuse(
          NAME,
          `has two addresses for ${bucket}, ${before.endpoint.url} and ${url}`,
          "keep one; a domain without a bucket before it is that of OSS_BUCKET",
        );
      else if (cname && before.endpoint.url === url)
        refuse(
          NAME,
          `has ${url} for ${other} and for ${bucket}, but a domain stands for one bucket`,
          "give each bucket a domain of its own",
        );
    }
  }
  refuseUnknownBuckets(entries, deployment, refuse);
}

/** An entry for a bucket that nobody gets credentials for is a typo: the bucket would get another endpoint. */
function refuseUnknownBuckets(
  entries: readonly Entry[],
  { bucket: own, bucketsOfRules }: Deployment,
  refuse: Refuse,
): void {
  if (own === "" || bucketsOfRules === undefined) return;
  const known = [...new Set([own, ...bucketsOfRules])];
  for (const { bucket } of entries) {
    if (bucket === undefined || known.includes(bucket)) continue;
    refuse(
      NAME,
      `names ${JSON.stringify(bucket)}, which is neither OSS_BUCKET nor the bucket of a rule in access.yaml`,
      `write ${known.join(" or ")} before the =, or delete the entry`,
    );
  }
}
