/**
 * Stands for something that the function never calls: usable as a value, a function, a class or a base class,
 * until somebody calls it. Then it throws, in the first test that does, and says what to do.
 */
export function unused(name: string): () => never {
  return function Unused(): never {
    throw new Error(`${name} is not in the bundle (cli/build/trim.ts)`);
  };
}
