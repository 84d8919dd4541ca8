/**
 * For node:url in @darabonba/typescript, which asks `parse` whether an address has a query. Node's own prints
 * DEP0169 (to stderr, on every cold start) where its caller does not lie in node_modules, as a bundle does not.
 */
export const replacement = {
  parse: (address: string): { readonly query: string | null } => {
    const start = address.indexOf("?");
    return { query: start === -1 ? null : address.slice(start + 1) };
  },
};
