import { SERVICE_NAMES } from "../../../sandbox/fault-rule.ts";
import type { Cell, Load } from "../cell.ts";
import { COMMON } from "../troubles.ts";

/** /uploads and /downloads call nobody: while every service of the cloud is gone, they notice nothing. */
export function signingCells(load: Load): readonly Cell[] {
  return (["/uploads", "/downloads"] as const).flatMap((path) =>
    COMMON.map(({ name, fault }) => ({
      topic: path,
      trouble: `STS, OSS, RAM and the issuer: ${name}`,
      share: "100 %",
      may: [],
      load: { ...load, path },
      begin: ({ sandbox }) => {
        const ids = SERVICE_NAMES.filter((service) => service !== "fc").map((service) =>
          sandbox.faults.add({ service, fault }),
        );
        return () => ids.forEach((id) => void sandbox.faults.clear(id));
      },
    })),
  );
}
