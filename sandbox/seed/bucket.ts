import { corsRuleProblem, MAX_CORS_RULES, secondsFrom } from "../oss/cors-rule.ts";
import { addBucket, type Bucket, type CorsRule, type World } from "../world.ts";
import { policyText } from "./policy.ts";
import type { SeedNode, SeedReader } from "./reader.ts";

/** Adds a bucket. Names and limits are those of the OSS API. */
export function readBucket(read: SeedReader, world: World, name: string, node: SeedNode): void {
  const path = `buckets.${name}`;
  read.text(
    name,
    path,
    /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
    "named with 3 to 63 lower-case letters, digits and hyphens, with no hyphen at the start or end",
  );
  const { owner, region, acl, policy, cors, hosts } = read.members(node, path, [
    "owner",
    "region",
    "acl",
    "policy",
    "cors",
    "hosts",
  ]);
  const ownerId = read.text(owner, `${path}.owner`, /^\d{16}$/, "an account id");
  if (ownerId !== "" && !world.accounts.has(ownerId)) {
    read.problem(`${path}.owner`, `unknown account ${ownerId}; write one from accounts`);
  }
  const bucket = addBucket(world, {
    name,
    ownerId,
    region: read.text(region, `${path}.region`, /^[a-z]+(-[a-z0-9]+)+$/, "a region, e.g. cn-hangzhou"),
  });
  if (acl !== undefined) {
    const acls = /^(private|public-read|public-read-write)$/;
    bucket.acl = read.text(
      acl,
      `${path}.acl`,
      acls,
      "private, public-read or public-read-write",
    ) as Bucket["acl"];
  }
  if (policy !== undefined) bucket.policy = policyText(read, policy, `${path}.policy`, "stored resource");
  bucket.cors = corsRules(read, cors, `${path}.cors`);
  for (const [at, host] of read.list(hosts, `${path}.hosts`).entries()) {
    readHost(read, world, bucket, host, `${path}.hosts.${at}`);
  }
}

function corsRules(read: SeedReader, node: SeedNode | undefined, path: string): CorsRule[] {
  const rules = read.list(node, path).map((one, at) => corsRule(read, one, `${path}.${at}`));
  if (rules.length > MAX_CORS_RULES) read.problem(path, `has too many rules; the limit is ${MAX_CORS_RULES}`);
  return rules;
}

function corsRule(read: SeedReader, node: SeedNode, path: string): CorsRule {
  const names = ["allowedOrigins", "allowedMethods", "allowedHeaders", "exposeHeaders"] as const;
  const given = read.members(node, path, [...names, "maxAgeSeconds"]);
  const texts = (name: (typeof names)[number]) =>
    read
      .list(given[name], `${path}.${name}`)
      .map((one, at) => read.text(one, `${path}.${name}.${at}`, /./, "a text"));
  const maxAge = given.maxAgeSeconds;
  const rule: CorsRule = {
    allowedOrigins: texts("allowedOrigins"),
    allowedMethods: texts("allowedMethods"),
    allowedHeaders: texts("allowedHeaders"),
    exposeHeaders: texts("exposeHeaders"),
    maxAgeSeconds: maxAge === undefined ? undefined : secondsFrom(typeof maxAge === "string" ? maxAge : ""),
  };
  if (rule.allowedOrigins.length === 0) read.problem(`${path}.allowedOrigins`, "is missing");
  if (rule.allowedMethods.length === 0) read.problem(`${path}.allowedMethods`, "is missing");
  const problem = corsRuleProblem(rule);
  if (problem !== undefined) read.problem(path, `${problem.message} (${problem.value})`);
  return rule;
}

/** Reads a custom domain. The sandbox's own addresses (an IP, localhost) are refused: they serve every bucket. */
function readHost(read: SeedReader, world: World, bucket: Bucket, node: SeedNode, path: string): void {
  const form = /^(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*$/;
  const host = read.text(node, path, form, "a domain name in lower case, e.g. photos.example.com");
  const taken = [...world.buckets.values()].find(({ hosts }) => hosts.includes(host));
  if (taken !== undefined) read.problem(path, `${host} already belongs to the bucket ${taken.name}`);
  bucket.hosts.push(host);
}
