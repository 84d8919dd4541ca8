import { CloudError } from "../cloud-error.ts";

/** The error codes of the RAM API that name an entity or a limit. */
type RamErrorCode = keyof typeof ERRORS;

/** The error with its documented status and words. Source: RAM "Error messages" (2021), and the pages of operations. */
export function ramError(code: RamErrorCode): CloudError {
  const [status, message] = ERRORS[code];
  return new CloudError(status, code, message);
}

/** 400: a text that is too long, or empty. */
export function wrongLength(parameter: string): CloudError {
  return new CloudError(
    400,
    `InvalidParameter.${parameter}.Length`,
    `The parameter - "${parameter}" beyond the length limit.`,
  );
}

/** 400: a name with characters that names do not have. */
export function wrongCharacters(parameter: string): CloudError {
  return new CloudError(
    400,
    `InvalidParameter.${parameter}.InvalidChars`,
    `The parameter - "${parameter}" contains invalid chars.`,
  );
}

/** 400: a text of another form, e.g. a VersionId. */
export function wrongFormat(parameter: string): CloudError {
  return new CloudError(
    400,
    `InvalidParameter.${parameter}.Format`,
    `The format of the parameter - "${parameter}" is incorrect.`,
  );
}

/** 400: a value that is none of those allowed. For PolicyType documented, for the others an assumption. */
export function wrongValue(parameter: string): CloudError {
  return new CloudError(400, `InvalidParameter.${parameter}`, `The parameter - "${parameter}" is incorrect.`);
}

/** 400: a policy that breaks the grammar; the documents leave the words open: "{The error details}". */
export function malformedPolicy(problem: string): CloudError {
  return new CloudError(400, "MalformedPolicyDocument", problem);
}

/** The odd English is the service's own. Where no page prints the words of a role's error, those of a user's do. */
const ERRORS = {
  "EntityNotExist.User": [404, "The user does not exist."],
  "EntityNotExist.User.AccessKey": [404, "The user access key does not exist."],
  "EntityNotExist.User.Policy": [404, "The indicate policy of the user does not exist."],
  "EntityNotExist.Role": [404, "The role does not exist."],
  "EntityNotExist.Role.Policy": [404, "The indicate policy of the role does not exist."],
  "EntityNotExist.Policy": [404, "The policy does not exist."],
  "EntityNotExist.Policy.Version": [404, "The policy version does not exist."],
  "EntityAlreadyExists.User": [409, "The user does already EXIST."],
  "EntityAlreadyExists.User.Policy": [409, "The user has already been attached this policy."],
  "EntityAlreadyExists.Role": [409, "The role does already EXIST."],
  "EntityAlreadyExists.Role.Policy": [409, "The role has already been attached this policy."],
  "EntityAlreadyExists.Policy": [409, "The policy does already EXIST."],
  "DeleteConflict.User.AccessKey": [409, "The user CAN NOT has any access key while deleting the user."],
  "DeleteConflict.User.Policy": [409, "The user CAN NOT has any attached policy while deleting the user."],
  "DeleteConflict.Role.Policy": [409, "The role CAN NOT has any attached policy while deleting the role."],
  "DeleteConflict.Policy.User": [
    409,
    "The policy CAN NOT been attached to any user while deleting the policy.",
  ],
  "DeleteConflict.Policy.Role": [
    409,
    "The policy CAN NOT been attached to any role while deleting the policy.",
  ],
  "DeleteConflict.Policy.Version": [409, "The policy CAN NOT has any version except the default version."],
  "DeleteConflict.Policy.Version.Default": [409, "The default policy version CAN NOT been deleted directly."],
  "LimitExceeded.User": [409, "The count of users beyond the current limits."],
  "LimitExceeded.User.AccessKey": [
    409,
    "The access key count of the user access keys beyond the current limits.",
  ],
  "LimitExceeded.User.Policy": [
    409,
    "The policy count of the user attached policies beyond the current limits.",
  ],
  "LimitExceeded.Role": [409, "The count of roles beyond the current limits."],
  "LimitExceeded.Role.Policy": [409, "The count of policies attached to the role beyond the current limits."],
  "LimitExceeded.Policy": [409, "The count of policy beyond the current limits."],
  "LimitExceeded.Policy.Version": [409, "The count of policy version beyond the current limits."],
} as const satisfies Readonly<Record<string, readonly [status: number, message: string]>>;
