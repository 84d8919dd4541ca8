import type { OssEndpoint } from "../../shared/domain/oss-endpoint.ts";
import { ossNameFrom } from "../../shared/domain/oss-endpoint.ts";
import { type CertificateSeen, certificateAt } from "../shared/certificate.ts";
import type { AccessKeys } from "../shared/cloud-keys.ts";
import { type CloudProblem, cloudProblemFrom, problemText, remedyOfAccess } from "../shared/cloud-problem.ts";
import { ossClientWith } from "../shared/oss-client.ts";
import type { Findings } from "./finding.ts";

/** What the endpoint of a bucket is judged by. The bucket is there, in the region, and the account's own. */
interface Reached {
  readonly bucket: string;
  readonly region: string;
  /** What Apps get. */
  readonly endpoint: OssEndpoint;
  /** The operator's. */
  readonly keys: AccessKeys;
  readonly nowMs: number;
}

/** Days before the end of a certificate: OSS renews none that somebody uploaded. */
const RENEW_DAYS = 14;
const DAY_MS = 86_400_000;

/**
 * Whether Apps reach the bucket at its endpoint: its own domain leads to it and has a certificate for its name; a public
 * endpoint serves this account's objects. Endpoints that are internal, of another region or loopback are not asked.
 */
export async function bucketEndpointChecked(reached: Reached, findings: Findings): Promise<void> {
  const { endpoint, region } = reached;
  if (endpoint.cname) await ownDomainChecked(reached, findings);
  else {
    const name = ossNameFrom(new URL(endpoint.url).hostname);
    const serves = name?.place === region || name?.place.startsWith("accelerate") === true;
    if (serves && !name.internal) await publicEndpointChecked(reached, findings);
  }
}

async function ownDomainChecked(reached: Reached, findings: Findings): Promise<void> {
  const { bucket, endpoint, nowMs } = reached;
  const { hostname, host } = new URL(endpoint.url);
  const check = `domain ${host}`;
  const bind = `bind ${hostname} to ${bucket}: OSS console > ${bucket} > Bucket Settings > Domain Names`;
  let certificate: CertificateSeen;
  try {
    certificate = await certificateAt(endpoint.url);
  } catch (error) {
    const problem = cloudProblemFrom(error);
    findings.fail(check, problemText(problem), fixOfSilence(problem, reached, bind));
    return;
  }
  if (certificate.problem !== undefined) {
    findings.fail(
      check,
      certificate.problem,
      `upload a certificate for ${hostname}: OSS console > ${bucket} > Bucket Settings > Domain Names > Certificate Hosting`,
    );
    return;
  }
  const problem = await leadsElsewhere(reached);
  if (problem !== undefined) {
    findings.fail(check, problem, `${bind}; or fix OSS_ENDPOINT`);
    return;
  }
  const days = Math.floor((certificate.validToMs - nowMs) / DAY_MS);
  const until = new Date(certificate.validToMs).toISOString().slice(0, 10);
  if (days < RENEW_DAYS)
    findings.warn(
      check,
      `leads to ${bucket}, but its certificate ends on ${until}`,
      `upload a new certificate for ${hostname}: OSS console > ${bucket} > Bucket Settings > Domain Names > Certificate Hosting`,
    );
  else findings.ok(check, `leads to ${bucket}; its certificate is valid until ${until}`);
}

function fixOfSilence({ words }: CloudProblem, { bucket, endpoint }: Reached, bind: string): string {
  const { hostname } = new URL(endpoint.url);
  if (!/ENOTFOUND|EAI_AGAIN/.test(words))
    return `check the CNAME record of ${hostname}. In mainland China, a domain without an ICP filing gets no connection`;
  const rest = hostname.startsWith(`${bucket}.`) ? hostname.slice(bucket.length + 1) : undefined;
  const without =
    rest === undefined ? "" : `; or write https://${rest}, if that is the domain, without the bucket`;
  return `${bind}, and add the CNAME record that is shown there${without}`;
}

/** What is wrong with the bucket behind the domain; undefined: it is the right one. */
async function leadsElsewhere({ bucket, region, endpoint, keys }: Reached): Promise<string | undefined> {
  const client = ossClientWith({ keys, region, endpoint: endpoint.url, bucket });
  try {
    const { bucket: found } = Object(await client.getBucketInfo(bucket)) as { readonly bucket?: unknown };
    const { Name: name } = Object(found) as { readonly Name?: unknown };
    if (name === bucket) return undefined;
    return typeof name === "string"
      ? `leads to the bucket ${name}, not to ${bucket}`
      : "does not lead to OSS";
  } catch (error) {
    const problem = cloudProblemFrom(error);
    // The same keys have just read the same bucket at the region's endpoint. A signature covers the bucket's name.
    if (problem.code === "SignatureDoesNotMatch")
      return `does not lead to ${bucket}, but to another bucket or to none: OSS refuses the signature, which contains the bucket's name`;
    if (problem.kind === "alien") return `does not lead to OSS: ${problemText(problem)}`;
    return `does not lead to ${bucket}: ${problemText(problem)}`;
  }
}

/** Says something only where the endpoint is closed: it is open to every older account. */
async function publicEndpointChecked(
  { bucket, region, endpoint, keys }: Reached,
  findings: Findings,
): Promise<void> {
  const client = ossClientWith({ keys, region, endpoint: endpoint.url, bucket });
  try {
    await client.list({ prefix: "oss-valet-doctor/", "max-keys": 1 }, {});
  } catch (error) {
    const problem = cloudProblemFrom(error);
    if (problem.code !== "PublicEndpointForbidden") return;
    findings.fail(
      `endpoint of ${bucket}`,
      `Apps get no object at ${endpoint.url}: ${problemText(problem)}`,
      remedyOfAccess(problem, { keys: "ALIBABA_CLOUD", address: "OSS_ENDPOINT" }) ?? "",
    );
  }
}
