/** What `npm start` serves beside the page: the addresses of its local cloud. An App of your own has them built in. */
export interface Config {
  readonly credentialsUrl: string;
  readonly loginUrl: string;
  readonly audienceClaims: Readonly<Record<string, string>>;
  readonly userClaim: string;
}

export async function readConfig(): Promise<Config> {
  return (await (await fetch("config.json")).json()) as Config;
}
