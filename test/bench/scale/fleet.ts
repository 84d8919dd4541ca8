import type { Sts } from "../../../shared/ports.ts";
import type { Random } from "./random.ts";

/** All instances of a function. A request goes to one of them by chance, as nothing ties a user to an instance. */
export interface Fleet extends Sts {
  /** What a deploy does: new instances, which remember nothing. */
  replace(): void;
  /** From 0. */
  instance(index: number): Sts;
}

export function fleet(instances: number, instance: () => Sts, random: Random): Fleet {
  const started = () => Array.from({ length: instances }, instance);
  let all = started();
  const of = (index: number): Sts => all[index] as Sts;
  return {
    assumeRole: (call) => of(Math.floor(random() * instances)).assumeRole(call),
    instance: of,
    replace: () => {
      all = started();
    },
  };
}
