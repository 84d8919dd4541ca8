import { type DesiredPolicy, type DesiredState, policiesOf } from "./desired-state.ts";

/** The desired state as a template of Resource Orchestration Service, which keeps no state file of its own. */
export function asRos(desired: DesiredState): string {
  const resources: Record<string, unknown> = {};
  for (const user of desired.users) {
    resources[label(user.name)] = {
      Type: "ALIYUN::RAM::User",
      Properties: { UserName: user.name, DisplayName: user.name, Comments: user.description },
    };
  }
  const [first] = desired.roles;
  for (const role of desired.roles) {
    resources[label(role.name)] = {
      Type: "ALIYUN::RAM::Role",
      // A trust policy may only name who exists.
      ...(role.trustPolicy.Statement.some(({ Principal }) => "RAM" in Principal) && first !== undefined
        ? { DependsOn: [...desired.users.map(({ name }) => label(name)), label(first.name)] }
        : {}),
      Properties: {
        RoleName: role.name,
        Description: role.description,
        MaxSessionDuration: role.maxSessionSeconds,
        AssumeRolePolicyDocument: role.trustPolicy,
      },
    };
  }
  for (const policy of policiesOf(desired)) resources[label(policy.name)] = managedPolicy(policy, desired);
  return `${JSON.stringify(
    {
      ROSTemplateFormatVersion: "2015-09-01",
      Description:
        "Generated from access.yaml by `npm run valet -- provision --ros`. Generate it again when the rules change.",
      Resources: resources,
    },
    null,
    2,
  )}\n`;
}

function managedPolicy({ name, description, document }: DesiredPolicy, desired: DesiredState): object {
  const has = ({ policies }: { readonly policies: readonly DesiredPolicy[] }): boolean =>
    policies.some((policy) => policy.name === name);
  const users = desired.users.filter(has).map((user) => user.name);
  const roles = desired.roles.filter(has).map((role) => role.name);
  return {
    Type: "ALIYUN::RAM::ManagedPolicy",
    DependsOn: [...users, ...roles].map(label),
    Properties: {
      PolicyName: name,
      Description: description,
      PolicyDocument: document,
      ...(users.length === 0 ? {} : { Users: users }),
      ...(roles.length === 0 ? {} : { Roles: roles }),
    },
  };
}

/** ROS allows only letters and digits: every other character becomes its code, so two names never become one. */
function label(name: string): string {
  return name.replace(/[^A-Za-z0-9]/g, (character) => `x${character.charCodeAt(0).toString(16)}`);
}
