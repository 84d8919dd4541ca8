import { type Signing, signUploads } from "../../shared/flows/sign-objects.ts";
import type { UploadsBody } from "../../shared/wire.ts";
import type { Route } from "../http/shell.ts";
import { uploadsRequestFrom } from "./requests.ts";
import { signedAnswer } from "./signed-answer.ts";

/** `POST /uploads`: the request read, one form signed for each file, the answer and the facts for the log. */
export function uploadsRoute(signing: Signing): Route {
  return {
    path: "/uploads",
    methods: ["POST"],
    answer: async (http) => {
      const read = uploadsRequestFrom(http);
      if (!read.ok) return { result: read, facts: {} };
      const ending = await signUploads(read.value, signing);
      return signedAnswer(
        ending,
        http.requestId,
        ({ uploads }) => uploads,
        (forms): Pick<UploadsBody, "Uploads"> => ({
          Uploads: forms.map(({ url, key, fields }) => ({
            Method: "POST",
            Url: url,
            Key: key,
            Fields: fields,
          })),
        }),
      );
    },
  };
}
