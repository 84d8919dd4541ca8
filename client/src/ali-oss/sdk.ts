/** What this package uses of a client of ali-oss, 6.21 or newer. Its published types have only a part of it. */
export interface Sdk {
  readonly options: SdkOptions;
  /** Every call of ali-oss ends here. It reads the keys from `options` before anything else, in one go. */
  request(params: RequestParams): Promise<unknown>;
  /** What an answer or a failure becomes. */
  requestError(result: SdkResult): Promise<SdkError>;
  putStream(name: string, stream: unknown, options?: unknown): Promise<unknown>;
  get(name: string, file?: unknown, options?: unknown): Promise<unknown>;
  setBucket(name: string): unknown;
  useBucket(name: string): unknown;
  /** Of Node.js: a stream of one part of a file, given as path, File or Buffer. */
  _createStream?(file: unknown, start: number, end: number): SdkStream | Promise<SdkStream>;
  isCancel(): boolean;
  _makeCancelEvent(): unknown;
  _getReqUrl(params: RequestParams & { readonly query: object }): string;
  /** The value of the header Authorization; its signature is that of a signed URL, too. */
  authorizationV4(
    method: string,
    request: { readonly headers: object; readonly queries: object },
    bucket: string,
    key: string | undefined,
    additionalHeaders: readonly string[] | undefined,
  ): string;
  signatureUrl(name: string, options?: object, strict?: boolean): string;
  asyncSignatureUrl(name: string, options?: object, strict?: boolean): Promise<string>;
  signatureUrlV4: SignatureUrlV4;
}

export type SignatureUrlV4 = (
  method: string,
  expiresSeconds: number,
  request?: { readonly headers?: object; readonly queries?: object },
  objectName?: string,
  additionalHeaders?: readonly string[],
) => Promise<string>;

export interface SdkOptions extends Partial<Keys>, Partial<SdkPlace> {
  /** Milliseconds that ali-oss adds to the device's time. */
  amendTimeSkewed?: number;
}

export interface Keys {
  accessKeyId: string;
  accessKeySecret: string;
  stsToken: string;
}

export interface SdkPlace {
  bucket: string;
  /** As ali-oss parses it. */
  endpoint: unknown;
  cname: boolean;
  sldEnable: boolean;
}

export interface RequestParams {
  readonly bucket?: string | undefined;
  readonly object?: string | undefined;
  /** Of the request's body, in Node.js. */
  stream?: SdkStream | null;
  /** For the answer's body, in Node.js. */
  writeStream?: SdkStream | null;
}

export interface SdkStream {
  readonly destroyed?: boolean;
}

export interface SdkResult {
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly res?: unknown;
  data?: unknown;
}

export interface SdkError extends Error {
  code?: string | undefined;
  status?: number;
  /** In the browser, from the answer's XML. */
  serverTime?: string | undefined;
}
