/** An error that a service of the sandbox answers with; each service renders it in its own form (JSON, XML). */
export class CloudError extends Error {
  readonly status: number;
  readonly code: string;
  /** Further elements of the body: EC, StringToSign, AccessDeniedDetail ... */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    code: string,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = "CloudError";
    this.status = status;
    this.code = code;
    this.details = details;
  }
}
