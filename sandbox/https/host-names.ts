import type { World } from "../world.ts";

/**
 * The address that the hosts file has for the cloud's names. Nobody has it (RFC 5737), so that a program which connects
 * to it without the proxy reaches nobody.
 */
export const PLACEHOLDER_ADDRESS = "192.0.2.1";

/** Source: OSS "Regions and endpoints". The proxy takes others too. */
const REGIONS = [
  ...[
    "hangzhou",
    "shanghai",
    "nanjing",
    "fuzhou",
    "wuhan-lr",
    "qingdao",
    "beijing",
    "zhangjiakou",
    "huhehaote",
  ],
  ...["wulanchabu", "shenzhen", "heyuan", "guangzhou", "chengdu", "zhongwei", "hongkong"],
].map((place) => `cn-${place}`);
const REGIONS_ABROAD = [
  ...[
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-southeast-1",
    "ap-southeast-3",
    "ap-southeast-5",
    "ap-southeast-6",
  ],
  ...[
    "ap-southeast-7",
    "eu-central-1",
    "eu-west-1",
    "us-west-1",
    "us-east-1",
    "na-south-1",
    "me-east-1",
    "me-central-1",
  ],
];

/**
 * A hosts file, for Java's `jdk.net.hosts.file`: Java then asks no name server. It has the cloud's names for the buckets
 * and accounts of the world, after what `/etc/hosts` of this machine holds.
 */
export function hostsFileFor(world: World, machine: string): string {
  const regions = new Set([
    ...REGIONS,
    ...REGIONS_ABROAD,
    ...[...world.buckets.values()].map(({ region }) => region),
  ]);
  const names = [
    "sts.aliyuncs.com",
    "ram.aliyuncs.com",
    ...[...regions].flatMap((region) => [
      `sts.${region}.aliyuncs.com`,
      `sts-vpc.${region}.aliyuncs.com`,
      `fcv3.${region}.aliyuncs.com`,
      ...endpointsOf(region),
      ...[...world.accounts.keys()].map((id) => `${id}.${region}.fc.aliyuncs.com`),
    ]),
    ...[...world.buckets.values()].flatMap(({ name, region, hosts }) => [
      ...endpointsOf(region).map((endpoint) => `${name}.${endpoint}`),
      ...hosts,
    ]),
  ];
  const lines = names.map((name) => `${PLACEHOLDER_ADDRESS} ${name}`);
  return `127.0.0.1 localhost\n${machine.trimEnd()}\n${lines.join("\n")}\n`;
}

function endpointsOf(region: string): readonly string[] {
  return [
    `oss-${region}.aliyuncs.com`,
    `oss-${region}-internal.aliyuncs.com`,
    "oss-accelerate.aliyuncs.com",
    "oss-accelerate-overseas.aliyuncs.com",
  ];
}
