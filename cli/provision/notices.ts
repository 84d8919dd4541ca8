import { NEW_ROLE_NAME } from "../../shared/domain/ram/cloud-limits.ts";
import type { ActualState } from "./actual-state.ts";
import { type DesiredState, documentText } from "./desired-state.ts";
import { newlyTrusted } from "./policy-comparison.ts";

/** Notes beside a plan's steps: what exists and stays unchanged, and who loses what. */
export function noticesFor(desired: DesiredState, actual: ActualState): readonly string[] {
  return [
    ...namesInDoubt(desired, actual),
    ...trustTaken(desired, actual),
    ...keysLeftAlone(desired, actual),
    ...policiesLeftAlone(desired, actual),
  ];
}

/** A role that exists has a name that RAM takes. */
function namesInDoubt(desired: DesiredState, actual: ActualState): readonly string[] {
  return desired.roles
    .filter(({ name }) => !actual.roles.has(name.toLowerCase()) && !NEW_ROLE_NAME.test(name))
    .map(
      ({ name }) =>
        `RAM may refuse to create role ${name}: Alibaba Cloud's page on CreateRole allows letters, digits, "." and "-", and its page on ALIYUN::RAM::Role also "_". If RAM refuses it, choose a name without "_"`,
    );
}

function trustTaken(desired: DesiredState, actual: ActualState): readonly string[] {
  return desired.roles.flatMap(({ name, trustPolicy }) => {
    const present = actual.roles.get(name.toLowerCase());
    if (present === undefined) return [];
    return newlyTrusted(documentText(trustPolicy), present.trustPolicy).map((who) => {
      const [, user] = new RegExp(`^acs:ram::${desired.accountId}:user/(.+)$`).exec(who) ?? [];
      return `role ${name} will no longer trust ${who}${user === undefined ? "" : `; to keep it, add --caller-user ${user}`}`;
    });
  });
}

/** The secret of a key cannot be had twice; whoever misses one must know that no new key comes by itself. */
function keysLeftAlone(desired: DesiredState, actual: ActualState): readonly string[] {
  return desired.users.flatMap(({ name }) =>
    (actual.users.get(name)?.accessKeys ?? [])
      .filter(({ isActive }) => isActive)
      .map(
        ({ id, createdAt }) =>
          `user ${name} has the access key ${id}, created ${createdAt}, so no new key is created. If its secret is lost, delete the key in RAM and run apply with --allow-widening`,
      ),
  );
}

function policiesLeftAlone(desired: DesiredState, actual: ActualState): readonly string[] {
  const found = [
    ...desired.users.map(({ name, policies }) => ({
      what: `user ${name}`,
      own: policies.map((policy) => policy.name),
      attached: actual.users.get(name)?.attached ?? [],
    })),
    ...desired.roles.map(({ name, policies }) => ({
      what: `role ${name}`,
      own: policies.map((policy) => policy.name),
      attached: actual.roles.get(name.toLowerCase())?.attached ?? [],
    })),
  ];
  return found.flatMap(({ what, own, attached }) =>
    attached
      .filter((attachment) => !own.includes(attachment.name))
      .map(
        ({ type, name }) =>
          `${what} also has the ${type.toLowerCase()} policy ${name}: it may allow more than access.yaml needs. Detach it, unless you want that`,
      ),
  );
}
