/** What Alibaba Cloud accepts as a bucket's name, a role's name and ARN, and a session's duration. */

/** Source: OSS, bucket naming rules: 3 to 63 of a-z, 0-9 and "-", with no "-" at either end. */
export const BUCKET_NAME = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;

/**
 * The name of a new role. Source: RAM CreateRole, RoleName, "1 to 64 letters, digits, periods and hyphens": no
 * underscore. ROS's page on ALIYUN::RAM::Role also allows underscores.
 */
export const NEW_ROLE_NAME = /^[A-Za-z0-9.-]{1,64}$/;

/**
 * The name of a role that may exist. The pages disagree about underscores, and a role that exists must not keep the
 * function from starting.
 */
export const ROLE_NAME = /^[A-Za-z0-9._-]{1,64}$/;

/** Captures the account ID and the role's name, see {@link ROLE_NAME}. */
export const ROLE_ARN = /^acs:ram::(\d{5,20}):role\/([A-Za-z0-9._-]{1,64})$/;

/** Seconds. Source: STS AssumeRole, DurationSeconds, the minimum. */
export const MIN_SESSION_SECONDS = 900;

/** Seconds. Source: RAM CreateRole, MaxSessionDuration, the maximum. */
export const MAX_SESSION_SECONDS = 43_200;
