/** What templates can name. */
export interface TemplateContext {
  readonly accountId: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly vars: unknown;
  /** Of the resource, for `${this.props.…}`. */
  readonly props: unknown;
}

/** Something in s.yaml that Serverless Devs or FC would refuse, or that the sandbox does not emulate. */
export class SYamlError extends Error {
  constructor(message: string) {
    super(`s.yaml: ${message}`);
    this.name = "SYamlError";
  }
}

/** A variable that refers to itself ends here. Source: assumption; no real file nests as deep. */
const MAX_DEPTH = 10;

/**
 * Renders the `${…}` in every text of a value, as Serverless Devs does: env, config('AccountID'), vars and this.props.
 * Throws SYamlError for any other: `s` would evaluate it as JavaScript, and so would it `<% … %>`.
 */
export function rendered(value: unknown, context: TemplateContext, depth = 0): unknown {
  if (depth > MAX_DEPTH) throw new SYamlError("a template refers to itself");
  if (typeof value === "string") return renderedText(value, context, depth);
  if (Array.isArray(value)) return value.map((item) => rendered(item, context, depth));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, rendered(item, context, depth)]),
  );
}

/** A text that is one template as a whole takes the type of what it names. */
function renderedText(text: string, context: TemplateContext, depth: number): unknown {
  if (text.includes("<%")) throw new SYamlError(`"${text}" contains <%, which s evaluates; remove it`);
  const whole = /^\$\{([^{}]*)\}$/.exec(text)?.[1];
  if (whole !== undefined) return meaningOf(whole, context, depth);
  return text.replace(/\$\{([^{}]*)\}/g, (_template, expression: string) =>
    String(meaningOf(expression, context, depth)),
  );
}

function meaningOf(expression: string, context: TemplateContext, depth: number): unknown {
  const call = /^(env|config)\(\s*'([^']*)'\s*(?:,\s*'([^']*)'\s*)?\)$/.exec(expression.trim());
  const [, called, argument = "", fallback] = call ?? [];
  if (called === "env") {
    // s takes an empty variable for one that is not set.
    const value = context.environment[argument] || fallback;
    if (value === undefined) throw new SYamlError(`env('${argument}') not found: set ${argument}`);
    return value;
  }
  if (called === "config") {
    if (argument !== "AccountID")
      throw new SYamlError(`config('${argument}') is not supported; the sandbox knows only AccountID`);
    return context.accountId;
  }
  const path = /^(vars|this\.props)\.([\w.]+)$/.exec(expression.trim());
  if (path === null)
    throw new SYamlError(`\${${expression}} is a template that the sandbox does not support`);
  const [, root, names = ""] = path;
  const found = names.split(".").reduce(memberOf, root === "vars" ? context.vars : context.props);
  if (found === undefined) throw new SYamlError(`\${${expression}} not found`);
  return rendered(found, context, depth + 1);
}

function memberOf(object: unknown, name: string): unknown {
  if (typeof object !== "object" || object === null) return undefined;
  return Object.entries(object).find(([key]) => key === name)?.[1];
}
