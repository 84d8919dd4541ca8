import type { UploadForm } from "../../../shared/wire.ts";
import { failure, hasCode, invalid } from "../failure.ts";
import { saysEnded } from "../oss/ended.ts";
import { ossErrorFrom } from "../oss/oss-error.ts";
import { retried } from "../oss/retry.ts";
import type { Answer } from "../oss/transport.ts";
import type { ValetError } from "../valet-error.ts";
import type { Ask } from "./ask.ts";

/** Which object the file becomes. */
export interface FormTarget {
  /** The object's whole key. Or give `name`. */
  readonly key?: string | undefined;
  /** Put below the first folder that takes forms. Slashes in it make folders. */
  readonly name?: string | undefined;
}

/** What a form is asked for. */
export interface FormFile extends FormTarget {
  readonly contentType: string;
  /** The exact size; undefined: the form takes up to the rule's limit. */
  readonly bytes?: number | undefined;
}

/** Posts the form's fields, in their order, and the file after them. Throws ValetError; the signal's reason. */
export type SendForm = (form: UploadForm) => Promise<Answer>;

/**
 * Gets a form and posts it. Tries again after faults that pass. A form that has ended meanwhile is renewed, once. Throws
 * ValetError; the signal's reason.
 */
export async function sentByForm(
  ask: Ask,
  { key, name, contentType, bytes }: FormFile,
  send: SendForm,
  signal: AbortSignal | undefined,
): Promise<{ readonly key: string; readonly answer: Answer }> {
  if ((key === undefined) === (name === undefined)) throw invalid("give key or name");
  const file = { key, name, contentType, bytes };
  const newForm = async () => formFrom((await ask("/uploads", "Uploads", { files: [file] }, signal))[0]);
  let form = await newForm();
  let renewed = false;
  let tries = 0;
  return retried(async () => {
    tries += 1;
    for (;;) {
      const answer = await send(form);
      // A page of a proxy is no empty document. Source: OSS, PostObject, success_action_status.
      if (answer.status === 200 && answer.text === "") return { key: form.Key, answer };
      const error = ossErrorFrom(answer, `POST ${form.Url}`);
      if (tries > 1 && hasCode(error, "FileAlreadyExists")) error.message += LOST;
      if (renewed || !hasEnded(error)) throw error;
      renewed = true;
      form = await newForm();
    }
  }, signal);
}

/** The form's keys may store and not read: nothing here can tell this file from another one. */
const LOST = " It may be this file: an earlier try had no answer, and can have stored it.";

/** A slow upload, or a page that slept: OSS says it of the form's policy, or of the keys that signed it. */
function hasEnded(error: ValetError): boolean {
  return saysEnded(error) || (hasCode(error, "AccessDenied") && /expired/i.test(error.message));
}

function formFrom(item: unknown): UploadForm {
  const { Url, Key, Fields } = (item ?? {}) as Partial<UploadForm>;
  if (typeof Url !== "string" || typeof Key !== "string" || !Fields || typeof Fields !== "object") {
    throw failure("network", "InvalidAnswer", "/uploads gave no form");
  }
  return item as UploadForm;
}
