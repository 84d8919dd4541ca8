/** What the first of them resolves to; undefined when none has settled after `ms`. No timer is left behind. */
export async function firstWithin<T>(ms: number, promises: Iterable<Promise<T>>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<undefined>((resolve) => {
    if (ms !== Number.POSITIVE_INFINITY) timer = setTimeout(() => resolve(undefined), Math.max(0, ms));
  });
  try {
    return await Promise.race([...promises, silence]);
  } finally {
    clearTimeout(timer);
  }
}
