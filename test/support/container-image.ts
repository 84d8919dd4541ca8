import { DockerfileParser, type Instruction, type ModifiableInstruction } from "dockerfile-ast";

/** What a Dockerfile makes: its first stage builds, its last one is the image. */
export interface ContainerImage {
  /** Values of ARG before the first FROM. */
  readonly images: Readonly<Record<string, string>>;
  readonly stages: readonly Stage[];
}

/** One FROM with what follows. */
export interface Stage {
  readonly name: string | undefined;
  readonly from: string;
  readonly args: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly workdir: string | undefined;
  readonly user: string | undefined;
  readonly stopSignal: string | undefined;
  readonly ports: readonly number[];
  /** The shell's commands, without flags such as `--mount`. */
  readonly runs: readonly string[];
  readonly copies: readonly CopyLine[];
  /** Of exec form alone: a shell form throws. */
  readonly command: readonly string[] | undefined;
  readonly healthcheck: HealthcheckLine | undefined;
  /** Every instruction, as `COPY --from=build …`. */
  readonly instructions: readonly string[];
}

export interface CopyLine {
  /** The stage, or undefined: the build context. */
  readonly from: string | undefined;
  readonly sources: readonly string[];
  readonly destination: string;
}

export interface HealthcheckLine {
  readonly command: readonly string[];
  readonly flags: Readonly<Record<string, string>>;
}

/** Reads the text of a Dockerfile. Throws for what this project's Dockerfile has no need for. */
export function containerImageFrom(text: string): ContainerImage {
  const images: Record<string, string> = {};
  const stages: Building[] = [];
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    const keyword = instruction.getKeyword();
    const rest = (instruction.getRawArgumentsContent() ?? "").replaceAll(/\\\r?\n\s*/g, " ");
    const flags = flagsOf(instruction);
    const stage = stages.at(-1);
    if (keyword === "FROM") {
      const [, from = "", name] = /^(\S+)(?: AS (\S+))?$/i.exec(rest) ?? [];
      stages.push({ ...EMPTY(), name, from: resolved(from, images) });
    } else if (stage === undefined) Object.assign(images, pairsIn(rest));
    else readInto(stage, keyword, Object.fromEntries(flags), rest);
    const words = flags.map(([name, value]) => `--${name}=${value}`);
    stages.at(-1)?.instructions.push([keyword, ...words, rest].join(" "));
  }
  return { images, stages };
}

/** The last stage. */
export function finalStageOf({ stages }: ContainerImage): Stage {
  const final = stages.at(-1);
  if (final === undefined) throw new Error("the Dockerfile has no FROM");
  return final;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type Building = Omit<
  Writable<Stage>,
  "args" | "env" | "labels" | "ports" | "runs" | "copies" | "instructions"
> & {
  readonly args: Record<string, string>;
  readonly env: Record<string, string>;
  readonly labels: Record<string, string>;
  readonly ports: number[];
  readonly runs: string[];
  readonly copies: CopyLine[];
  readonly instructions: string[];
};

function EMPTY(): Omit<Building, "name" | "from"> {
  return {
    args: {},
    env: {},
    labels: {},
    workdir: undefined,
    user: undefined,
    stopSignal: undefined,
    ports: [],
    runs: [],
    copies: [],
    command: undefined,
    healthcheck: undefined,
    instructions: [],
  };
}

function readInto(
  stage: Building,
  keyword: string,
  flags: Readonly<Record<string, string>>,
  rest: string,
): void {
  switch (keyword) {
    case "ARG":
      Object.assign(stage.args, pairsIn(rest));
      return;
    case "ENV":
      Object.assign(stage.env, pairsIn(rest));
      return;
    case "LABEL":
      Object.assign(stage.labels, pairsIn(rest));
      return;
    case "WORKDIR":
      stage.workdir = rest;
      return;
    case "USER":
      stage.user = rest;
      return;
    case "STOPSIGNAL":
      stage.stopSignal = rest;
      return;
    case "EXPOSE":
      stage.ports.push(...rest.split(/\s+/).map(Number));
      return;
    case "RUN":
      stage.runs.push(rest);
      return;
    case "COPY": {
      const words = rest.split(/\s+/);
      stage.copies.push({
        from: flags["from"],
        sources: words.slice(0, -1),
        destination: words.at(-1) ?? "",
      });
      return;
    }
    case "CMD":
      stage.command = execForm(rest);
      return;
    case "HEALTHCHECK":
      stage.healthcheck = { flags, command: execForm(rest.replace(/^CMD\s+/, "")) };
      return;
    default:
      throw new Error(`${keyword} is not read by this test; add it to test/support/container-image.ts`);
  }
}

/** `--from=build`: its name and value. */
function flagsOf(instruction: Instruction): readonly (readonly [name: string, value: string])[] {
  const flags = "getFlags" in instruction ? (instruction as ModifiableInstruction).getFlags() : [];
  return flags.map((flag) => [flag.getName(), flag.getValue() ?? ""]);
}

/** `A=b C="d e"`. A name without a value is left out. */
function pairsIn(text: string): Readonly<Record<string, string>> {
  const pairs = [...text.matchAll(/([\w.-]+)=(?:"([^"]*)"|(\S*))/g)];
  return Object.fromEntries(pairs.map(([, name = "", quoted, bare = ""]) => [name, quoted ?? bare]));
}

function resolved(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\{(\w+)\}/g, (all, name: string) => values[name] ?? all);
}

function execForm(text: string): readonly string[] {
  if (!text.startsWith("[")) throw new Error(`write a JSON array, so that no shell is needed: ${text}`);
  return JSON.parse(text) as readonly string[];
}
