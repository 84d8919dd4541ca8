import { resolve } from "node:path";
import { parse } from "yaml";
import type { FunctionSettings, LifecycleHook } from "./function-settings.ts";
import { rendered, SYamlError, type TemplateContext } from "./s-yaml-template.ts";

/** What `s` knows when it renders s.yaml. */
export interface SYamlContext {
  /** Of the credentials that would deploy: `${config('AccountID')}`. */
  readonly accountId: string;
  /** For `${env('NAME')}`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The folder of s.yaml: `code` is relative to it. */
  readonly folder: string;
}

/** Source: devsapp/fc3 0.1.22, default/config.ts. */
const DEFAULT_TIMEOUT_SECONDS = 3;
const DEFAULT_MEMORY_MB = 512;

/**
 * The functions that `s deploy` would make of s.yaml: every resource whose component is fc3, by its name. Throws
 * SYamlError. Source: Serverless Devs, edition 3.0.0; fc3 0.1.22.
 */
export function functionsFromSYaml(
  text: string,
  context: SYamlContext,
): Readonly<Record<string, FunctionSettings>> {
  const file = objectAt(parse(text, { merge: true }), "the file");
  if (file["edition"] !== "3.0.0") throw new SYamlError("edition must be 3.0.0");
  const templates = { ...context, vars: objectAt(file["vars"] ?? {}, "vars") };
  const resources = objectAt(file["resources"], "resources");
  return Object.fromEntries(
    Object.entries(resources)
      .map(([name, resource]) => [name, objectAt(resource, `resources.${name}`)] as const)
      .filter(([, resource]) => /^fc3(@|$)/.test(textAt(resource, "component")))
      .map(([name, resource]) => [name, settingsFrom(resource["props"], templates)]),
  );
}

function settingsFrom(
  given: unknown,
  context: SYamlContext & Omit<TemplateContext, "props">,
): FunctionSettings {
  const props = objectAt(rendered(given, { ...context, props: given }), "props");
  const name = textAt(props, "functionName");
  const runtime = textAt(props, "runtime");
  if (runtime !== "nodejs20") throw new SYamlError(`runtime ${runtime}: the sandbox supports only nodejs20`);
  const lifecycle = objectAt(props["instanceLifecycleConfig"] ?? {}, "instanceLifecycleConfig");
  const { methods, authType } = httpTriggerFrom(props["triggers"]);
  return {
    name,
    codeDir: resolve(context.folder, codeFrom(props["code"])),
    handler: textAt(props, "handler"),
    environment: environmentFrom(props["environmentVariables"] ?? {}),
    memoryMb: numberIn(props, "memorySize") ?? DEFAULT_MEMORY_MB,
    timeoutSeconds: numberIn(props, "timeout") ?? DEFAULT_TIMEOUT_SECONDS,
    methods,
    authType,
    region: textAt(props, "region"),
    accountId: context.accountId,
    ...optional("roleArn", roleFrom(props["role"], context.accountId)),
    ...optional("initializer", hookFrom(lifecycle["initializer"])),
    ...optional("preStop", hookFrom(lifecycle["preStop"])),
    ...optional("reservedConcurrency", numberIn(props["concurrencyConfig"], "reservedConcurrency")),
    ...optional("maxAsyncRetryAttempts", numberIn(props["asyncInvokeConfig"], "maxAsyncRetryAttempts")),
  };
}

function codeFrom(code: unknown): string {
  const folder = typeof code === "object" && code !== null && "src" in code ? code.src : code;
  if (typeof folder !== "string") throw new SYamlError("code must be a folder, or have a src");
  return folder;
}

/** A number would be refused by FC: only texts are variables. */
function environmentFrom(given: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(objectAt(given, "environmentVariables")).map(([name, value]) => {
      if (typeof value !== "string") throw new SYamlError(`environmentVariables.${name} must be a text`);
      return [name, value];
    }),
  );
}

/** A bare name becomes an ARN, in lower case, as in fc3. */
function roleFrom(role: unknown, accountId: string): string | undefined {
  if (role === undefined || role === "") return undefined;
  if (typeof role !== "string") throw new SYamlError("role must be a text");
  if (role === "auto")
    throw new SYamlError("role auto: the sandbox does not make roles; write the name of one");
  return role.startsWith("acs:ram::") ? role : `acs:ram::${accountId}:role/${role}`.toLowerCase();
}

function httpTriggerFrom(triggers: unknown): {
  readonly methods: readonly string[];
  readonly authType: "anonymous" | "function";
} {
  const all = Array.isArray(triggers) ? triggers.map((trigger) => objectAt(trigger, "triggers")) : [];
  const http = all.find((trigger) => trigger["triggerType"] === "http");
  if (http === undefined) return { methods: [], authType: "anonymous" };
  const { authType, methods } = objectAt(http["triggerConfig"], "triggerConfig");
  if (authType !== "anonymous" && authType !== "function") {
    throw new SYamlError(`authType ${String(authType)}: the sandbox supports only anonymous and function`);
  }
  if (!Array.isArray(methods)) throw new SYamlError("triggerConfig.methods must be a list");
  return { methods: methods.map(String), authType };
}

function hookFrom(given: unknown): LifecycleHook | undefined {
  if (given === undefined) return undefined;
  const hook = objectAt(given, "instanceLifecycleConfig");
  return {
    handler: textAt(hook, "handler"),
    timeoutSeconds: numberIn(hook, "timeout") ?? DEFAULT_TIMEOUT_SECONDS,
  };
}

function objectAt(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new SYamlError(`${where} must be a mapping`);
  }
  return { ...value };
}

function textAt(object: Readonly<Record<string, unknown>>, name: string): string {
  const value = object[name];
  if (typeof value !== "string" || value === "") throw new SYamlError(`${name} is missing or is not a text`);
  return value;
}

function numberIn(object: unknown, name: string): number | undefined {
  const value = typeof object === "object" && object !== null ? Object.entries(object) : [];
  const found: unknown = value.find(([key]) => key === name)?.[1];
  if (found === undefined || typeof found === "number") return found;
  throw new SYamlError(`${name} must be a number`);
}

function optional<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): Partial<Record<Name, Value>> {
  return value === undefined ? {} : ({ [name]: value } as Record<Name, Value>);
}
