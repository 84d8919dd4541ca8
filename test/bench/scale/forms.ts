import { ossSigner } from "../../../shared/adapters/oss-signer.ts";
import type { GrantedUpload } from "../../../shared/domain/grant/upload-grant.ts";
import { regionEndpoint } from "../../../shared/domain/oss-endpoint.ts";
import type { Clock } from "../../../shared/ports.ts";
import type { Ask } from "./devices.ts";

const REGION = "cn-hangzhou";

/** Devices that ask /uploads for a form. The real signer makes it: it has no way to STS. */
export function formDevices(clock: Clock): (user: number) => Ask {
  const caller = { accessKeyId: "STS.functionKey", accessKeySecret: "secret", securityToken: "token" };
  const endpoints = { ofBuckets: new Map(), others: regionEndpoint(REGION) };
  const signer = ossSigner({ region: REGION, endpoints, credentials: () => caller });
  return (user) => {
    const limits = { contentType: "image/jpeg", minBytes: 1, maxBytes: 1_000_000, overwrite: false };
    const upload = { bucket: "photos", key: `users/u${user}/a.jpg`, ...limits } as GrantedUpload;
    return async () => {
      const signedAtMs = Math.floor(clock.nowMs() / 1000) * 1000;
      return signer.form(upload, { signedAtMs, expiresAtMs: signedAtMs + 900_000 }).ok;
    };
  };
}
