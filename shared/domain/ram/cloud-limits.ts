/** What Alibaba Cloud accepts as a bucket's name, a role's name and ARN, and a session's duration. */

/** Source: OSS, bucket naming rules: 3 to 63 of a-z, 0-9 and "-", with no "-" at either end. */
export const BUCKET_NAME = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;

/** Source: RAM CreateRole, RoleName, "1 to 64 letters, digits, periods and hyphens": no underscore. */
export const ROLE_NAME = /^[A-Za-z0-9.-]{1,64}$/;

/** Captures the account ID and the role's name. */
export const ROLE_ARN = /^acs:ram::(\d{5,20}):role\/([A-Za-z0-9.-]{1,64})$/;

/** Seconds. Source: STS AssumeRole, DurationSeconds, the minimum. */
export const MIN_SESSION_SECONDS = 900;

/** Seconds. Source: RAM CreateRole, MaxSessionDuration, the maximum. */
export const MAX_SESSION_SECONDS = 43_200;
