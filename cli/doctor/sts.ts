import type { ApiAddress } from "../shared/cloud-keys.ts";
import { AlienAnswer, cloudProblemFrom, httpGet, problemText, remedyOf } from "../shared/cloud-problem.ts";
import type { Findings } from "./finding.ts";

/** Milliseconds. Source: help, signature method V3: a request is good for 15 minutes. */
const MAX_SKEW_MS = 15 * 60_000;

/** Milliseconds from which a clock is worth a word: tokens' times are checked with 30 s of tolerance. */
const NOTABLE_SKEW_MS = 30_000;

/**
 * Whether STS answers, and by how much this machine's clock differs from its. The request is not signed; what counts
 * is that the refusal has STS's form. Returns what to fix before STS can be used; undefined: nothing.
 */
export async function stsChecked(
  { endpoint, protocol }: ApiAddress,
  clock: { readonly nowMs: () => number },
  findings: Findings,
): Promise<"STS" | "the clock" | undefined> {
  const startedAtMs = clock.nowMs();
  let theirs: number;
  try {
    const query = "Action=GetCallerIdentity&Version=2015-04-01&Format=JSON";
    const { status, headers, text } = await httpGet(`${protocol}://${endpoint}/?${query}`);
    if (!isRefusal(text)) throw new AlienAnswer(`status ${status} without an error code`);
    theirs = Date.parse(headers.get("date") ?? "");
  } catch (error) {
    const problem = cloudProblemFrom(error);
    const address = "OSS_REGION or STS_ENDPOINT";
    findings.fail(
      "STS",
      `${endpoint}: ${problemText(problem)}`,
      `${remedyOf(problem, { keys: "ALIBABA_CLOUD", address })}; sts-vpc.… answers only inside its VPC`,
    );
    return "STS";
  }
  findings.ok("STS", `${endpoint} answers`);
  // The header has whole seconds; half of the way there and back is their answer's.
  const skewMs = theirs + 500 - (startedAtMs + clock.nowMs()) / 2;
  const what = `${Math.round(Math.abs(skewMs) / 1000)} s ${skewMs > 0 ? "behind" : "ahead of"} the clock of STS`;
  if (Number.isNaN(skewMs)) findings.skip("clock", "the answer of STS has no Date header");
  else if (Math.abs(skewMs) > MAX_SKEW_MS) {
    findings.fail(
      "clock",
      `this machine's clock is ${what}: every signed request is refused (InvalidTimeStamp.Expired)`,
      "set this machine's clock (NTP)",
    );
    return "the clock";
  } else if (Math.abs(skewMs) > NOTABLE_SKEW_MS)
    findings.warn("clock", `this machine's clock is ${what}`, "set this machine's clock (NTP)");
  else findings.ok("clock", `within ${NOTABLE_SKEW_MS / 1000} s of the clock of STS`);
  return undefined;
}

/** The form of every error of STS. Source: reference, 1.4: RequestId, HostId, Code, Message. */
function isRefusal(text: string): boolean {
  try {
    const { RequestId: requestId, Code: code } = Object(JSON.parse(text)) as Readonly<
      Record<string, unknown>
    >;
    return typeof requestId === "string" && typeof code === "string";
  } catch {
    return false;
  }
}
