import { environmentFor, environmentsFor, plainEnvironment } from "./https/environment.ts";
import type { Sandbox, SandboxHttps } from "./sandbox.ts";

/** The text for people: every address, every key, and commands to try, which run in the project's folder. */
export function guideTo(sandbox: Sandbox): string {
  const { sts, oss, ram, fc, issuer, control, administrator } = sandbox;
  return `A local Alibaba Cloud. It runs until Ctrl-C, and then everything in it is gone.

  STS       ${sts.url}
  OSS       ${oss.url}
  RAM       ${ram.url}
  FC        ${fc.url}   no function is deployed; npm start deploys one
  issuer    ${issuer.url}   a toy login: name any user and you get a token
  control   ${control.url}   clock, faults, journal, keys: docs/sandbox.md
  SLS       ${sandbox.sls.url}   projects, logstores and indexes for doctor; no logs

  account   ${sandbox.accountId}
  role      ${sandbox.roleArn}
  bucket    ${sandbox.bucket} in ${sandbox.region}
  caller    ${sandbox.accessKeyId} ${sandbox.accessKeySecret}   may assume the role, and nothing else
  admin     ${administrator.accessKeyId} ${administrator.accessKeySecret}   may do everything

Assume the role with the STS SDK:

${stsLine(sandbox)}

Get credentials with ali-oss and write an object:

${aliOssLine(sandbox)}

Sign a user in:

curl -s -d sub=alice ${issuer.url}/token
${sandbox.https === undefined ? "" : httpsGuideTo(sandbox.https)}`;
}

/** The addresses over TLS, and variables to copy, for each language. */
function httpsGuideTo(https: SandboxHttps): string {
  const blocks = Object.entries(environmentsFor(https)).map(
    ([language, environment]) => `# ${language}\n${exportLines(environment)}`,
  );
  return `
The same over TLS:

  STS       ${https.sts.url}
  OSS       ${https.oss.url}
  RAM       ${https.ram.url}
  FC        ${https.fc.url}
  issuer    ${https.issuer.url}
  proxy     ${https.proxy}   answers for the cloud's real names, and lets no request out

A program that uses the real names, e.g. sts.cn-hangzhou.aliyuncs.com, runs unchanged with these variables. Only that
program should trust the certificate ${https.caCertificate}: never add it to your system.

${blocks.join("\n\n")}

# also, for http:// endpoints, and for programs that use addresses of this machine too
${exportLines(plainEnvironment(https))}
`;
}

function exportLines(environment: Readonly<Record<string, string>>): string {
  return Object.entries(environment)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'`)
    .join("\n");
}

/** The object that `--json` prints for other programs. */
export function sandboxLine(sandbox: Sandbox): Readonly<Record<string, unknown>> {
  return {
    sts: sandbox.sts.url,
    oss: sandbox.oss.url,
    ram: sandbox.ram.url,
    fc: sandbox.fc.url,
    issuer: sandbox.issuer.url,
    control: sandbox.control.url,
    sls: sandbox.sls.url,
    accountId: sandbox.accountId,
    accessKeyId: sandbox.accessKeyId,
    accessKeySecret: sandbox.accessKeySecret,
    roleArn: sandbox.roleArn,
    bucket: sandbox.bucket,
    region: sandbox.region,
    ...(sandbox.https === undefined ? {} : httpsLine(sandbox.https)),
  };
}

/** What `--https` adds to the line. `environment`: the variables of every language together. */
function httpsLine(https: SandboxHttps): Readonly<Record<string, unknown>> {
  const { sts, oss, ram, fc, issuer, proxy, caCertificate, trustStore, trustStorePassword, hostsFile } =
    https;
  return {
    https: { sts: sts.url, oss: oss.url, ram: ram.url, fc: fc.url, issuer: issuer.url },
    proxy,
    caCertificate,
    trustStore,
    trustStorePassword,
    hostsFile,
    nodeProxy: https.nodeProxy,
    pythonPath: https.pythonPath,
    environment: environmentFor(https),
  };
}

function stsLine({ sts, accessKeyId, accessKeySecret, roleArn }: Sandbox): string {
  const config = literal({ endpoint: sts.endpoint, protocol: "http", accessKeyId, accessKeySecret });
  const request = literal({ roleArn, roleSessionName: "alice" });
  return (
    `node -e 'const { default: Sts, AssumeRoleRequest } = require("@alicloud/sts20150401"), ` +
    `{ $OpenApiUtil } = require("@alicloud/openapi-core"); ` +
    `new Sts(new $OpenApiUtil.Config(${config})).assumeRole(new AssumeRoleRequest(${request}))` +
    `.then(({ body }) => console.log(body.credentials))'`
  );
}

function aliOssLine({ sts, oss, accessKeyId, accessKeySecret, roleArn, bucket, region }: Sandbox): string {
  const caller = literal({ endpoint: sts.url, accessKeyId, accessKeySecret });
  const target = {
    endpoint: oss.url,
    sldEnable: true,
    authorizationV4: true,
    region: `oss-${region}`,
    bucket,
  };
  return (
    `node -e 'const OSS = require("ali-oss"); ` +
    `new OSS.STS(${caller}).assumeRole("${roleArn}", "", 900, "alice").then(({ credentials: c }) => ` +
    `new OSS({ ...${literal(target)}, accessKeyId: c.AccessKeyId, accessKeySecret: c.AccessKeySecret, ` +
    `stsToken: c.SecurityToken }).put("hello.txt", Buffer.from("hello"))).then(({ res }) => console.log(res.status))'`
  );
}

function literal(value: object): string {
  return JSON.stringify(value);
}
