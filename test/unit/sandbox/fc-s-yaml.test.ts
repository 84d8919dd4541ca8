import { describe, expect, it } from "vitest";
import { functionsFromSYaml } from "../../../sandbox/fc/s-yaml.ts";
import { SYamlError } from "../../../sandbox/fc/s-yaml-template.ts";

const CONTEXT = {
  accountId: "1234567890123456",
  environment: { BUCKET: "examplebucket", EMPTY: "" },
  folder: "/project",
};

const fileWith = (props: string, vars = "") => `
edition: 3.0.0
name: app
vars: { region: cn-hangzhou, nested: { stage: "\${env('STAGE', 'dev')}" }${vars} }
resources:
  one:
    component: fc3@0.1.22
    props:
      region: \${vars.region}
      functionName: one
      runtime: nodejs20
      code: ./dist/one
      handler: index.handler
${props.replace(/^/gm, "      ")}
  other: { component: ros, props: {} }
`;

const settingsOf = (props: string, vars?: string) =>
  functionsFromSYaml(fileWith(props, vars), CONTEXT)["one"];

describe("functionsFromSYaml", () => {
  it("reads what fc3 would create, with fc3's defaults, and leaves other components alone", () => {
    expect(functionsFromSYaml(fileWith(""), CONTEXT)).toEqual({
      one: {
        name: "one",
        codeDir: "/project/dist/one",
        handler: "index.handler",
        environment: {},
        memoryMb: 512,
        timeoutSeconds: 3,
        methods: [],
        authType: "anonymous",
        region: "cn-hangzhou",
        accountId: "1234567890123456",
      },
    });
  });

  it("reads everything that the sandbox's Function Compute knows", () => {
    const props = `
role: acs:ram::\${config('AccountID')}:role/function-role
timeout: 10
memorySize: 1024
environmentVariables: { BUCKET: "\${env('BUCKET')}", NAME: "\${this.props.functionName}-\${vars.nested.stage}" }
instanceLifecycleConfig:
  initializer: { handler: index.initialize, timeout: 5 }
  preStop: { handler: index.preStop }
triggers:
  - { triggerType: timer, triggerConfig: {} }
  - { triggerType: http, triggerConfig: { authType: function, methods: [GET, POST] } }
concurrencyConfig: { reservedConcurrency: 7 }
asyncInvokeConfig: { maxAsyncRetryAttempts: 0 }`;
    expect(settingsOf(props)).toMatchObject({
      roleArn: "acs:ram::1234567890123456:role/function-role",
      timeoutSeconds: 10,
      memoryMb: 1024,
      environment: { BUCKET: "examplebucket", NAME: "one-dev" },
      initializer: { handler: "index.initialize", timeoutSeconds: 5 },
      preStop: { handler: "index.preStop", timeoutSeconds: 3 },
      methods: ["GET", "POST"],
      authType: "function",
      reservedConcurrency: 7,
      maxAsyncRetryAttempts: 0,
    });
  });

  it("makes an ARN of a role's bare name, in lower case, as fc3 does", () => {
    expect(settingsOf("role: FunctionRole")?.roleArn).toBe("acs:ram::1234567890123456:role/functionrole");
  });

  it.each([
    [
      "a template with code in it",
      `description: "\${1 + 1}"`,
      "1 + 1} is a template that the sandbox does not support",
    ],
    [
      "a placeholder that s takes for a template",
      `environmentVariables: { P: "users/\${sub}/" }`,
      "sub} is a template that the sandbox does not support",
    ],
    ["the other kind of template", `description: "<% x %>"`, "contains <%, which s evaluates; remove it"],
    ["a variable that is not set", `description: "\${env('NOBODY')}"`, "env('NOBODY') not found"],
    ["a variable that is empty", `description: "\${env('EMPTY')}"`, "env('EMPTY') not found"],
    ["a secret", `description: "\${config('AccessKeySecret')}"`, "the sandbox knows only AccountID"],
    ["a variable of nothing", `description: "\${vars.nobody}"`, "vars.nobody} not found"],
    ["a variable of a prototype", `description: "\${vars.constructor}"`, "vars.constructor} not found"],
    ["a number as variable", `environmentVariables: { A: 1 }`, "environmentVariables.A must be a text"],
    ["a timeout that is a text", `timeout: "10"`, "timeout must be a number"],
    [
      "an authType that is not emulated",
      `triggers: [{ triggerType: http, triggerConfig: { authType: jwt } }]`,
      "authType jwt",
    ],
    ["a role that fc3 would make", "role: auto", "role auto"],
  ])("refuses %s", (_case, props, message) => {
    expect(() => settingsOf(props)).toThrow(SYamlError);
    expect(() => settingsOf(props)).toThrow(message);
  });

  it("refuses a template that refers to itself", () => {
    expect(() => settingsOf(`description: \${vars.a}`, `, a: "\${vars.b}", b: "\${vars.a}"`)).toThrow(
      /itself/,
    );
  });

  it("refuses another runtime, and another edition", () => {
    const other = fileWith("").replace("nodejs20", "nodejs22");
    expect(() => functionsFromSYaml(other, CONTEXT)).toThrow(
      "runtime nodejs22: the sandbox supports only nodejs20",
    );
    expect(() => functionsFromSYaml("edition: 1.0.0", CONTEXT)).toThrow("edition must be 3.0.0");
  });
});
