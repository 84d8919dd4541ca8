/** One row of a custom domain's route table: a request to `path` runs `functionName`. */
export interface DomainRoute {
  /** e.g. `/uploads`, or `/*`: a wildcard stands only at the end. */
  readonly path: string;
  readonly functionName: string;
}

/**
 * The row that decides: the exact path, else the longest prefix before a `*`; undefined when no row fits.
 * Source: FC "Configure a custom domain name", "Route matching rules".
 */
export function routeFor(routes: readonly DomainRoute[], path: string): DomainRoute | undefined {
  const exact = routes.find((route) => route.path === path);
  if (exact !== undefined) return exact;
  return routes
    .filter((route) => route.path.endsWith("*") && path.startsWith(route.path.slice(0, -1)))
    .sort((a, b) => b.path.length - a.path.length)[0];
}
