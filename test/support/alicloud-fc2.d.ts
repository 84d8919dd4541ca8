/** What is used of @alicloud/fc2, which has no types. */
declare module "@alicloud/fc2" {
  interface Answer {
    readonly headers: Readonly<Record<string, string>>;
    readonly data: string | Buffer;
  }
  class FC {
    constructor(accountId: string, config: Readonly<Record<string, string>>);
    invokeFunction(
      service: string,
      name: string,
      event: string | Buffer,
      headers?: Readonly<Record<string, string>>,
      qualifier?: string,
    ): Promise<Answer>;
    listServices(): Promise<Answer>;
  }
  export = FC;
}
