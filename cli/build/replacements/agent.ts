import { unused } from "./unused.ts";

/**
 * For node:http and node:https in @darabonba/typescript, which makes an agent of them for calls with the option
 * `keepAlive`. Ours have none: shared/adapters/aliyun-sts/http.ts has agents of its own. Loading https takes its time.
 */
export const replacement = { Agent: unused("@darabonba/typescript Agent") };
