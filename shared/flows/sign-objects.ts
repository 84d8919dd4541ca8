import {
  type DownloadGrant,
  downloadGrantFor,
  type WantedDownloads,
} from "../domain/grant/download-grant.ts";
import { type UploadGrant, uploadGrantFor, type WantedUploads } from "../domain/grant/upload-grant.ts";
import { granted, type Result, refused } from "../domain/refusal.ts";
import type { Clock, FairUse, ObjectSigner, SignedForm, SignedLife, SignedUrl } from "../ports.ts";
import { type AccessRequest, authorise, type Decide, type Ending, type Gate } from "./authorise.ts";
import { stepTimer } from "./step-times.ts";

/** Everything that signing needs: the operator's rules, the function's keys and the time. */
export interface Signing extends Gate {
  readonly signer: ObjectSigner;
  readonly clock: Clock;
  /** undefined: nobody is limited. */
  readonly fairUse?: FairUse | undefined;
}

/** One form or URL for each file or key, in the request's order. */
export interface Signed<T> {
  readonly items: readonly T[];
  readonly expiresAtMs: number;
}

/** token → claims → principal → grant (authorise.ts) → fair use → one form for each file. Throws only for bugs. */
export function signUploads(
  request: AccessRequest<WantedUploads>,
  signing: Signing,
): Promise<Ending<Signed<SignedForm>, UploadGrant>> {
  return signedFor(request, signing, uploadGrantFor, ({ uploads }, life) =>
    uploads.map((upload, index) => about(`files[${index}]`, signing.signer.form(upload, life))),
  );
}

/** The signer sees one file alone. The caller sent several, so the refusal says which one. */
function about<T>(field: string, result: Result<T>): Result<T> {
  return result.ok || result.refusal.code !== "REQUEST_INVALID"
    ? result
    : refused({ ...result.refusal, field });
}

/** token → claims → principal → grant (authorise.ts) → fair use → one URL for each key. Throws only for bugs. */
export function signDownloads(
  request: AccessRequest<WantedDownloads>,
  signing: Signing,
): Promise<Ending<Signed<SignedUrl>, DownloadGrant>> {
  return signedFor(request, signing, downloadGrantFor, ({ downloads }, life) =>
    downloads.map((download) => signing.signer.url(download, life)),
  );
}

async function signedFor<W, G extends { readonly seconds: number }, T>(
  request: AccessRequest<W>,
  signing: Signing,
  decide: Decide<W, G>,
  sign: (grant: G, life: SignedLife) => readonly Result<T>[],
): Promise<Ending<Signed<T>, G>> {
  const timer = stepTimer();
  const { result: authorised, learnt } = await authorise(request, signing, decide, timer);
  if (!authorised.ok) return { result: authorised, learnt };
  const { grant, sessionName } = authorised.value;
  const limited = await signing.fairUse?.count(sessionName);
  if (limited !== undefined) return { result: limited, learnt };
  // OSS counts whole seconds: rounded down, nothing lives longer than it may.
  const signedAtMs = Math.floor(signing.clock.nowMs() / 1000) * 1000;
  const expiresAtMs = signedAtMs + grant.seconds * 1000;
  const items: T[] = [];
  for (const item of sign(grant, { signedAtMs, expiresAtMs })) {
    if (!item.ok) return { result: item, learnt };
    items.push(item.value);
  }
  timer.ended("sign");
  return { result: granted({ items, expiresAtMs }), learnt };
}
