import type { LiveCredentials } from "./live-credentials.ts";

export type { LiveCredentials } from "./live-credentials.ts";

/** What the Alibaba Cloud SDKs for TypeScript take for credentials. */
export interface AlicloudCredentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken: string;
  readonly providerName: string;
  /** In the device's time, with which SDKs compare it. `expiresAt` of `credentials.get()` is in server time. */
  readonly expiration: Date;
}

/** A `CredentialsProvider` of @alicloud/credentials 2.4 and newer, and of the OSS SDK for TypeScript, version 2. */
export interface AlicloudCredentialsProvider {
  getCredentials: () => Promise<AlicloudCredentials>;
  getProviderName: () => string;
}

/** Stands in requests to Alibaba Cloud, in the header x-acs-credentials-provider. */
const NAME = "oss_valet";

/**
 * Gives the SDKs of Alibaba Cloud credentials that live: `new Credential(null, credentialsProvider(credentials))`. SDKs ask
 * it before each request. `getCredentials()` throws ValetError when there are no living ones.
 */
export function credentialsProvider(credentials: LiveCredentials): AlicloudCredentialsProvider {
  return {
    getCredentials: async () => {
      const { accessKeyId, accessKeySecret, securityToken, expiresAt } = await credentials.get();
      const livesMs = +expiresAt - credentials.now();
      return {
        accessKeyId,
        accessKeySecret,
        securityToken,
        providerName: NAME,
        expiration: new Date(Date.now() + livesMs),
      };
    },
    getProviderName: () => NAME,
  };
}
