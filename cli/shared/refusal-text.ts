import type { Refusal } from "../../shared/domain/refusal.ts";

/** A refusal as the operator reads it. The App gets fewer details. */
export function refusalText(refusal: Refusal): string {
  const { code, ...rest } = refusal;
  const details = Object.entries(rest)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(", ");
  return details === "" ? code : `${code} (${details})`;
}
