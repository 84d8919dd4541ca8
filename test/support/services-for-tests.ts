import { afterAll, afterEach, beforeEach } from "vitest";
import { type Sandbox, type SandboxOptions, startSandbox } from "../../sandbox/sandbox.ts";
import { keptRsaKey } from "./kept-key.ts";
import { type OssService, startOss } from "./oss-service.ts";
import { type StubSts, startStubSts } from "./stub-sts.ts";
import { startUploads, type UploadsService } from "./uploads-service.ts";

/** One sandbox for all tests of a file: it starts now, and stops after the last test. Faults and clock end with a test. */
export async function sandboxForTests(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox({ issuerKey: keptRsaKey("issuer", 2_048), ...options });
  afterAll(() => sandbox.stop());
  afterEach(() => {
    sandbox.clock.skew(0);
    sandbox.faults.clear();
  });
  return sandbox;
}

/**
 * One OSS for all tests of a file: it starts now, and stops after the last test. Each test finds its bucket empty and
 * private, without CORS rules, policy or uploads, its journal empty, and its clock right.
 */
export async function ossForTests(): Promise<OssService> {
  const oss = await startOss();
  const { bucket, clock, faults, world } = oss;
  afterAll(() => oss.close());
  beforeEach(() => {
    bucket.objects.clear();
    bucket.uploads.clear();
    bucket.acl = "private";
    bucket.cors = [];
    bucket.corsVary = false;
    bucket.versioning = undefined;
    bucket.policy = undefined;
    world.journal.splice(0);
    clock.skew(0);
    faults.clear();
  });
  return oss;
}

/** One STS stub for all tests of a file: it starts now, and stops after the last test. */
export async function stubStsForTests(): Promise<StubSts> {
  const stub = await startStubSts();
  afterAll(() => stub.close());
  return stub;
}

/** /uploads and /downloads for all tests of a file, on the clock of its OSS. */
export async function uploadsForTests(
  oss: OssService,
  options: Parameters<typeof startUploads>[1] = {},
): Promise<UploadsService> {
  const uploads = await startUploads(oss, options);
  afterAll(() => uploads.close());
  beforeEach(() => uploads.isBehindBy(0));
  return uploads;
}
