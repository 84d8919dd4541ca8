import { existsSync } from "node:fs";
import { CloudError } from "../cloud-error.ts";

/** A method of the code package that FC calls when an instance starts or ends. */
export interface LifecycleHook {
  /** e.g. index.initialize */
  readonly handler: string;
  readonly timeoutSeconds: number;
}

/** The parameters of CreateFunction and CreateTrigger. */
export interface FunctionSettings {
  readonly name: string;
  /** Folder that holds the code package; absolute. */
  readonly codeDir: string;
  /** `file.method`, e.g. index.handler */
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The function's role; without one the function has no credentials. */
  readonly roleArn?: string;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  /** Of the HTTP trigger, upper case. Without OPTIONS the platform answers CORS preflights itself. */
  readonly methods: readonly string[];
  /** Of the HTTP trigger; default: anonymous. `function`: requests must be signed (ACS3). */
  readonly authType?: "anonymous" | "function";
  readonly initializer?: LifecycleHook;
  readonly preStop?: LifecycleHook;
  /** concurrencyConfig.reservedConcurrency: how many requests may be under way; default 300. */
  readonly reservedConcurrency?: number;
  /** asyncInvokeConfig.maxAsyncRetryAttempts; default 3. */
  readonly maxAsyncRetryAttempts?: number;
  /** Answers carry `Content-Disposition: attachment` only on the default fcapp.run domain. */
  readonly customDomain?: string;
  /** e.g. cn-hangzhou */
  readonly region: string;
  readonly accountId: string;
}

/** Bytes, keys and values of all variables together. Source: FC "Configure environment variables". */
const MAX_ENVIRONMENT_BYTES = 4096;
/** The documents say letters and digits; their own examples use underscores. */
const ENVIRONMENT_KEY = /^[A-Za-z][A-Za-z0-9_]*$/;

/** Throws CloudError 400 InvalidArgument for what CreateFunction refuses: environment, handler, memory, timeout, code. */
export function checkSettings(settings: FunctionSettings): void {
  const { environment, handler, memoryMb, timeoutSeconds } = settings;
  for (const key of Object.keys(environment)) {
    if (!ENVIRONMENT_KEY.test(key) || key.startsWith("FC_")) {
      throw invalid(`environment variable '${key}' has a name that is reserved or not allowed`);
    }
  }
  const bytes = Object.entries(environment).reduce((sum, [key, value]) => sum + size(key) + size(value), 0);
  if (bytes > MAX_ENVIRONMENT_BYTES) {
    throw invalid(`environment variables exceed ${MAX_ENVIRONMENT_BYTES} bytes (actual: ${bytes})`);
  }
  if (!/^[\w/-]+\.\w+$/.test(handler)) throw invalid(`handler '${handler}' is not file.method`);
  if (memoryMb < 128 || memoryMb > 32768 || memoryMb % 64 !== 0) {
    throw invalid(`memorySize must be a multiple of 64 MB (actual: '${memoryMb}')`);
  }
  if (!existsSync(settings.codeDir)) throw invalid(`the code folder ${settings.codeDir} does not exist`);
  if (!Number.isInteger(timeoutSeconds) || timeoutSeconds < 1 || timeoutSeconds > 86400) {
    throw invalid(`timeout must be between 1 and 86400 seconds (actual: '${timeoutSeconds}')`);
  }
}

function size(text: string): number {
  return Buffer.byteLength(text);
}

function invalid(message: string): CloudError {
  return new CloudError(400, "InvalidArgument", message);
}
