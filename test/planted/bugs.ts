import { aliOssBugs } from "./ali-oss.ts";
import { auditBugs } from "./audit.ts";
import type { Bug } from "./bug.ts";
import { claimsBugs } from "./claims.ts";
import { cliBugs } from "./cli.ts";
import { clientBugs } from "./client.ts";
import { clientFormsBugs } from "./client-forms.ts";
import { codeCacheBugs } from "./code-cache.ts";
import { credentialsBugs } from "./credentials.ts";
import { demoBugs } from "./demo.ts";
import { explainBugs } from "./explain.ts";
import { fairUseBugs } from "./fair-use.ts";
import { formsBugs } from "./forms.ts";
import { fuzzBugs } from "./fuzz.ts";
import { grantBugs } from "./grant.ts";
import { httpBugs } from "./http.ts";
import { httpsBugs } from "./https.ts";
import { keptCredentialsBugs } from "./kept-credentials.ts";
import { keyCacheBugs } from "./key-cache.ts";
import { keySetsBugs } from "./key-sets.ts";
import { keysBugs } from "./keys.ts";
import { logServiceBugs } from "./log-service.ts";
import { policyBugs } from "./policy.ts";
import { prefixBugs } from "./prefix.ts";
import { redisStoreBugs } from "./redis-store.ts";
import { rulesBugs } from "./rules.ts";
import { sandboxBugs } from "./sandbox.ts";
import { sidecarBugs } from "./sidecar.ts";
import { signedGrantBugs } from "./signed-grants.ts";
import { stopBugs } from "./stop.ts";
import { stsBugs } from "./sts.ts";
import { stsTroubleBugs } from "./sts-trouble.ts";
import { telemetryBugs } from "./telemetry.ts";
import { tokenBugs } from "./token.ts";
import { tokenChecksBugs } from "./token-checks.ts";
import { uploadBugs } from "./upload.ts";

/** Every planted bug. */
export const bugs: readonly Bug[] = [
  ...aliOssBugs,
  ...auditBugs,
  ...claimsBugs,
  ...cliBugs,
  ...clientBugs,
  ...clientFormsBugs,
  ...codeCacheBugs,
  ...credentialsBugs,
  ...demoBugs,
  ...explainBugs,
  ...fairUseBugs,
  ...formsBugs,
  ...fuzzBugs,
  ...grantBugs,
  ...httpBugs,
  ...httpsBugs,
  ...keptCredentialsBugs,
  ...keyCacheBugs,
  ...keySetsBugs,
  ...keysBugs,
  ...logServiceBugs,
  ...policyBugs,
  ...prefixBugs,
  ...redisStoreBugs,
  ...rulesBugs,
  ...sandboxBugs,
  ...sidecarBugs,
  ...signedGrantBugs,
  ...stopBugs,
  ...stsBugs,
  ...stsTroubleBugs,
  ...telemetryBugs,
  ...tokenBugs,
  ...tokenChecksBugs,
  ...uploadBugs,
];
