import { type Signing, signDownloads } from "../../shared/flows/sign-objects.ts";
import type { DownloadsBody } from "../../shared/wire.ts";
import type { Route } from "../http/shell.ts";
import { downloadsRequestFrom } from "./requests.ts";
import { signedAnswer } from "./signed-answer.ts";

/** `POST /downloads`: the request read, one URL signed for each key, the answer and the facts for the log. */
export function downloadsRoute(signing: Signing): Route {
  return {
    path: "/downloads",
    methods: ["POST"],
    answer: async (http) => {
      const read = downloadsRequestFrom(http);
      if (!read.ok) return { result: read, facts: {} };
      const ending = await signDownloads(read.value, signing);
      return signedAnswer(
        ending,
        http.requestId,
        ({ downloads }) => downloads,
        (urls): Pick<DownloadsBody, "Downloads"> => ({
          Downloads: urls.map(({ url, key }) => ({ Url: url, Key: key })),
        }),
      );
    },
  };
}
