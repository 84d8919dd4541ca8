import type { Credentials } from "../../client/src/live-credentials.ts";
import { UsageError } from "../shared/command.ts";

/** What `--print` can print. */
const FORMS: Readonly<Record<string, (credentials: Credentials) => string>> = {
  // Source: aliyun-cli, config/profile.go: External mode reads a profile from the command's standard output.
  "aliyun-cli": ({ accessKeyId, accessKeySecret, securityToken }) =>
    JSON.stringify({
      mode: "StsToken",
      access_key_id: accessKeyId,
      access_key_secret: accessKeySecret,
      sts_token: securityToken,
    }),
  // The first three are of Alibaba Cloud's SDKs and of opendal, the others of ossutil 2.
  env: ({ accessKeyId, accessKeySecret, securityToken }) =>
    Object.entries({
      ALIBABA_CLOUD_ACCESS_KEY_ID: accessKeyId,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKeySecret,
      ALIBABA_CLOUD_SECURITY_TOKEN: securityToken,
      OSS_ACCESS_KEY_ID: accessKeyId,
      OSS_ACCESS_KEY_SECRET: accessKeySecret,
      OSS_SESSION_TOKEN: securityToken,
    })
      .map(([name, value]) => `export ${name}=${quoted(value)}`)
      .join("\n"),
};

/** The printer of a form. Throws UsageError for a name that is none. */
export function printerFor(form: string): (credentials: Credentials) => string {
  const printer = Object.hasOwn(FORMS, form) ? FORMS[form] : undefined;
  if (printer !== undefined) return printer;
  throw new UsageError(`--print is ${JSON.stringify(form)}; write ${Object.keys(FORMS).join(" or ")}`);
}

/** For POSIX shells: nothing inside is special. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
