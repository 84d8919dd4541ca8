/** Runs in Chromium, with ali-oss' own script in the page: what the tests have the page do. */
import { ossClient } from "../../client/src/ali-oss.ts";
import { type AppCredentials, createCredentials } from "../../client/src/index.ts";

interface Client {
  put(key: string, file: Blob): Promise<{ readonly res: { readonly status: number } }>;
  get(key: string): Promise<{ readonly content: Uint8Array }>;
  multipartUpload(key: string, file: Blob, options: object): Promise<unknown>;
  cancel(): void;
  signatureUrlV4(method: string, seconds: number, request: object, key: string): Promise<string>;
}

declare const OSS: new (options: object) => Client;
/** Of the test: time passes in the cloud. */
declare const timePasses: (ms: number) => Promise<void>;

let credentials: AppCredentials;
let client: Client;
let passedMs = 0;
let checkpoint: object | undefined;

const page = {
  async signIn(endpoint: string, token: string): Promise<void> {
    passedMs = 0;
    credentials = createCredentials({
      endpoint,
      appToken: () => token,
      request: { durationSeconds: 900 },
      tabs: false,
      clock: () => Date.now() + passedMs,
    });
    client = await ossClient(OSS, credentials);
  },

  /** Time passes for everybody. */
  async pass(ms: number): Promise<void> {
    passedMs += ms;
    await timePasses(ms);
  },

  /** From now on, the device's clock is wrong, and the page does not know. */
  async goWrong(ms: number): Promise<void> {
    const { now, correctClock } = credentials;
    let wrongMs = ms;
    credentials = Object.assign(credentials, {
      now: () => now() + wrongMs,
      correctClock: (serverMs: number) => {
        wrongMs = 0;
        correctClock(serverMs);
      },
    });
  },

  put: async (key: string, text: string) => (await client.put(key, new Blob([text]))).res.status,
  get: async (key: string) => new TextDecoder().decode((await client.get(key)).content),
  getMany: async (key: string, count: number) =>
    (await Promise.all(Array.from({ length: count }, () => page.get(key)))).length,

  /** In parts of 100 KB. Time passes after some of them; it is cancelled when so many are there. Then: bytes that OSS has. */
  async multipart(key: string, parts: number, passMs: Record<number, number>, cancelAt = 0): Promise<number> {
    const file = new File([new Uint8Array(parts * 102_400).fill(7)], "film.mp4");
    const progress = async (share: number, at: object) => {
      checkpoint = at ?? checkpoint;
      const done = Math.round(share * (parts + 1));
      if (passMs[done] !== undefined) await page.pass(passMs[done]);
      if (cancelAt > 0 && done >= cancelAt) client.cancel();
    };
    await client.multipartUpload(key, file, { partSize: 102_400, parallel: 1, progress, checkpoint });
    checkpoint = undefined;
    return (await client.get(key)).content.length;
  },

  async openLink(key: string): Promise<readonly [number, string]> {
    const response = await fetch(await client.signatureUrlV4("GET", 60, {}, key));
    return [response.status, await response.text()];
  },
};

type Page = Record<string, (...args: readonly unknown[]) => Promise<unknown>>;

/** Errors cross to the test as values. */
Object.assign(globalThis, {
  ask: async (name: string, args: readonly unknown[]) => {
    try {
      return { value: await (page as unknown as Page)[name]?.(...args) };
    } catch (error) {
      const { name, code, status } = error as Record<string, unknown>;
      return { error: { name, code, status } };
    }
  },
});
