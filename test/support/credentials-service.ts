import { type CredentialsOptions, credentialsRoute } from "../../functions/credentials/route.ts";
import type { HttpRequest, HttpResponse } from "../../functions/http/http.ts";
import { type ShellOptions, shellAround } from "../../functions/http/shell.ts";

export type CredentialsServiceOptions = CredentialsOptions & Omit<ShellOptions, "routes">;

/** What compose.ts wires, with the parts that a test gives. Each Retry-After is the shortest one. */
export function credentialsService(
  options: CredentialsServiceOptions,
): (request: HttpRequest) => Promise<HttpResponse> {
  return shellAround({ random: () => 0, ...options, routes: [credentialsRoute(options)] });
}
