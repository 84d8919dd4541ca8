/**
 * What the platforms' own typings say of `request` and `uploadFile`, in excerpts. An App that has them passes `wx`, `my`, `tt`
 * or `uni` as it is.
 */

/** From miniprogram-api-typings 5.2.3. */
export interface Wx {
  request<T extends string | Record<string, unknown> | ArrayBuffer>(option: {
    url: string;
    data?: string | object | ArrayBuffer;
    dataType?: "json" | "其他" | (string & {});
    header?: Record<string, unknown>;
    method?: "OPTIONS" | "GET" | "HEAD" | "POST" | "PUT" | "DELETE" | "TRACE" | "CONNECT";
    redirect?: "follow" | "manual";
    success?: (result: { data: T; statusCode: number; header: Record<string, unknown> }) => void;
    fail?: (problem: { errMsg: string; errno: number }) => void;
  }): { abort(): void };
  uploadFile(option: {
    url: string;
    filePath: string;
    name: string;
    formData?: Record<string, unknown>;
    success?: (result: { data: string; statusCode: number; errMsg: string }) => void;
    fail?: (problem: { errMsg: string }) => void;
  }): {
    abort(): void;
    onProgressUpdate(
      listener: (result: {
        progress: number;
        totalBytesSent: number;
        totalBytesExpectedToSend: number;
      }) => void,
    ): void;
  };
}

/** From @mini-types/my 3.0.14. */
export interface My {
  request(object: {
    url: string;
    data?: string | Record<string, string> | ArrayBuffer;
    dataType?: "base64" | "json" | "text" | "arraybuffer";
    headers?: Record<string, string>;
    method?: "GET" | "POST" | "PUT" | "DELETE" | "OPTIONS" | "HEAD" | "TRACE" | "CONNECT";
    success?(answer: {
      data: string | Record<string, unknown> | ArrayBuffer;
      status: number;
      headers: Record<string, string>;
    }): void;
    fail?(problem: { error?: number; errorMessage?: string }): void;
  }): Promise<{ data: string | Record<string, unknown> | ArrayBuffer }> & { abort(): void };
  uploadFile(object: {
    url: string;
    filePath: string;
    name: string;
    fileName?: string;
    fileType: string;
    formData?: Record<string, unknown>;
    success?(answer: { data: string; statusCode: number; header: Record<string, unknown> }): void;
    fail?(problem: { error?: number; errorMessage?: string } | { error: 11; errorMessage?: string }): void;
  }): Promise<{ data: string }>;
}

/** From @douyin-microapp/typings 1.3.1. */
export interface Tt {
  request(options: {
    url: string;
    data?: object | ArrayBuffer;
    dataType?: string;
    header?: object;
    method?: "GET" | "POST" | "OPTIONS" | "PUT" | "HEAD" | "DELETE" | "PATCH";
    success?: (result: { data: unknown; statusCode: number; header: object }) => void;
    fail?: (problem: { errMsg: string }) => void;
  }): { abort: () => void };
  uploadFile(options: {
    url: string;
    filePath: string;
    name: string;
    formData?: Record<string, string>;
    success?: (result: { data: string; statusCode: number }) => void;
    fail?: (problem: { errMsg: string }) => void;
  }): { abort: () => void };
}

/** From @dcloudio/types 3.4.32. */
export interface Uni {
  request(options: {
    url: string;
    data?: string | object | ArrayBuffer;
    header?: object;
    method?: "OPTIONS" | "GET" | "HEAD" | "POST" | "PUT" | "DELETE" | "TRACE" | "CONNECT";
    dataType?: string;
    success?: (result: { data: string | object | ArrayBuffer; statusCode: number; header: object }) => void;
    fail?: (problem: { errMsg?: string }) => void;
  }): { abort(): void };
  uploadFile(options: {
    url: string;
    fileType?: "image" | "video" | "audio";
    filePath?: string;
    name?: string;
    formData?: object;
    success?: (result: { data: string; statusCode: number }) => void;
    fail?: (problem: { errMsg?: string }) => void;
  }): { abort(): void; onProgressUpdate(callback: (result: { progress: number }) => void): void };
}
