/**
 * For semver, with which jsonwebtoken asks whether this Node knows RSA-PSS and asymmetricKeyDetails. All that are
 * asked for ended long before Node 20, the oldest that runs the bundle.
 */
export const replacement = {
  satisfies: (_version: string, range: string): boolean => {
    const lowest = Math.min(...Array.from(range.matchAll(/(\d+)\.\d+\.\d+/g), ([, major]) => Number(major)));
    if (!(lowest <= 20)) throw new Error(`jsonwebtoken asks for Node ${range}; see cli/build/trim.ts`);
    return true;
  },
};
