/**
 * For the helpers that TypeScript writes at the head of every CommonJS file it compiles: once for all files of the SDK,
 * instead of once for each.
 */
export const replacement = { __importStar, __importDefault, __exportStar, __extends };

type Module = Record<string, unknown>;

function __importStar(module: Module): Module {
  if (module["__esModule"]) return module;
  const star: Module = { default: module };
  for (const name of Object.keys(module)) if (name !== "default") bind(star, module, name);
  return star;
}

function __importDefault(module: Module): Module {
  return module["__esModule"] ? module : { default: module };
}

function __exportStar(module: Module, exported: Module): void {
  for (const name in module)
    if (name !== "default" && !Object.hasOwn(exported, name)) bind(exported, module, name);
}

function bind(target: Module, source: Module, name: string): void {
  Object.defineProperty(target, name, { enumerable: true, get: () => source[name] });
}

type Class = { prototype: object };

/** `derived` was compiled to ES5: a function that calls its base without `new`. */
function __extends(derived: Class, base: Class): void {
  Object.setPrototypeOf(derived, base);
  derived.prototype = Object.create(base.prototype, {
    constructor: { value: derived, writable: true, configurable: true },
  });
}
