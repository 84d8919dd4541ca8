import { failure, invalid } from "../failure.ts";

/** Gives the App token (JWT) of the signed-in user. `refused`: the function did not take the last one; get a new one. */
export type AppToken = (about: { readonly refused: boolean }) => string | Promise<string>;

/** Throws InvalidArgument. */
export function refuseNoFunction(appToken: AppToken): void {
  if (typeof appToken !== "function") throw invalid("appToken is not a function; write () => token");
}

/** Throws AppTokenFailed. */
export async function tokenFrom(appToken: AppToken, refused: boolean): Promise<string> {
  let token: unknown;
  let cause: unknown;
  try {
    token = await appToken({ refused });
  } catch (error) {
    cause = error;
  }
  if (typeof token === "string" && token !== "") return token;
  const message = cause
    ? "appToken() failed"
    : "appToken() gave no text; return the JWT of the signed-in user";
  throw failure("app", "AppTokenFailed", message, { cause });
}
