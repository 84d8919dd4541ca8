import {
  type AccessKey,
  type Account,
  addAccount,
  addBucket,
  addPolicy,
  addRole,
  addUser,
  attachPolicy,
  type Bucket,
  newAccessKey,
  type Role,
  roleArn,
  type World,
} from "./world.ts";

/** Who and what a guide, an example or a test of the sandbox talks about. */
export interface Scene {
  readonly account: Account;
  /** The key that calls AssumeRole. */
  readonly callerKey: AccessKey;
  /** A key that may do everything in the account, for setting things up. */
  readonly administratorKey: AccessKey;
  /** The role that is assumed. */
  readonly role: Role;
  /** The role that the function has in Function Compute. */
  readonly functionRole: Role;
  /** The role of a second function, which signs forms and URLs with its own keys; undefined when there is none. */
  readonly uploadsRole: Role | undefined;
  readonly bucket: Bucket;
}

/** 16 digits, as real account ids have. */
const ACCOUNT_ID = "1234567890123456";

const BUCKET = "examplebucket";

/**
 * The cloud after the steps of the guide "Use temporary credentials from STS to access OSS": a RAM user that may only
 * assume the role, the role RamOssTest, which every user and role of the account may assume, and its bucket. In
 * addition, the role that Function Compute gives a function, which may assume RamOssTest too; and the role of a function
 * that signs forms and URLs itself, which may put and get the bucket's objects.
 */
export function classicWorld(world: World): Scene {
  const account = addAccount(world, ACCOUNT_ID);

  const role = addRole(world, account, {
    name: "RamOssTest",
    description: "What the users of the App may do with the bucket, all of them together",
    trustPolicy: policy({
      Effect: "Allow",
      Action: "sts:AssumeRole",
      Principal: { RAM: [`acs:ram::${account.id}:root`] },
    }),
  });
  addPolicy(
    world,
    account,
    "ram-oss-test",
    policy(
      {
        Effect: "Allow",
        Action: [
          "oss:GetObject",
          "oss:PutObject",
          "oss:DeleteObject",
          "oss:AbortMultipartUpload",
          "oss:ListParts",
        ],
        Resource: [`acs:oss:*:*:${BUCKET}/*`],
      },
      { Effect: "Allow", Action: ["oss:ListObjects"], Resource: [`acs:oss:*:*:${BUCKET}`] },
    ),
  );
  attachPolicy(world, role, "Custom", "ram-oss-test");

  addPolicy(
    world,
    account,
    "assume-ram-oss-test",
    policy({ Effect: "Allow", Action: "sts:AssumeRole", Resource: roleArn(account.id, role) }),
  );
  const caller = addUser(world, account, "oss-valet-caller");
  attachPolicy(world, caller, "Custom", "assume-ram-oss-test");
  const callerKey = newAccessKey(world);
  caller.accessKeys.push(callerKey);

  const functionRole = addRole(world, account, {
    name: "oss-valet-function",
    description: "What the function runs as: it may assume RamOssTest, and nothing else",
    trustPolicy: policy({
      Effect: "Allow",
      Action: "sts:AssumeRole",
      Principal: { Service: ["fc.aliyuncs.com"] },
    }),
  });
  attachPolicy(world, functionRole, "Custom", "assume-ram-oss-test");

  const uploadsRole = addRole(world, account, {
    name: "oss-valet-uploads",
    description: "What forms and signed URLs may do, all of them together",
    trustPolicy: policy({
      Effect: "Allow",
      Action: "sts:AssumeRole",
      Principal: { Service: ["fc.aliyuncs.com"] },
    }),
  });
  addPolicy(
    world,
    account,
    "put-and-get-objects",
    policy({
      Effect: "Allow",
      Action: ["oss:GetObject", "oss:PutObject"],
      Resource: [`acs:oss:*:*:${BUCKET}/*`],
    }),
  );
  attachPolicy(world, uploadsRole, "Custom", "put-and-get-objects");

  const administrator = addUser(world, account, "administrator");
  attachPolicy(world, administrator, "System", "AdministratorAccess");
  const administratorKey = newAccessKey(world);
  administrator.accessKeys.push(administratorKey);

  const bucket = addBucket(world, { name: BUCKET, ownerId: account.id, region: "cn-hangzhou" });
  return { account, callerKey, administratorKey, role, functionRole, uploadsRole, bucket };
}

function policy(...statements: readonly object[]): string {
  return JSON.stringify({ Version: "1", Statement: statements });
}
