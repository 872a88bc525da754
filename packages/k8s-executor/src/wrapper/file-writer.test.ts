import { silentLogger } from "@cke/foundation";
import { expect, test } from "vitest";
import { WrapperError } from "../streams/wrapper-error.ts";
import { writeFiles } from "./file-writer.ts";
import type { PutFile } from "./wrapper-client.ts";

const file = (path: string): PutFile => ({ path, mode: 0o600, content: new Uint8Array([1]) });
const late = new WrapperError("deadline", "the wrapper in the container gave no answer within 60 s");

/** Time passes only while a write is late. */
function lab(answer: (path: string, attempt: number) => Error | undefined, silenceLimitMs = 600_000) {
  let now = 0;
  let heardAt = 0;
  const attempts: [path: string, timeoutMs: number][] = [];
  const progress: string[] = [];
  const options = {
    wrapper: {
      putFile: async ({ path }: PutFile, timeoutMs = 0) => {
        attempts.push([path, timeoutMs]);
        const error = answer(path, attempts.filter(([of]) => of === path).length);
        if (error === undefined) return true;
        now += timeoutMs;
        throw error;
      },
    },
    liveness: {
      heard: () => {
        heardAt = now;
      },
      silenceMs: () => now - heardAt,
    },
    clock: { now: () => now, monotonic: () => now, sleep: async () => {}, after: () => () => {} },
    logger: silentLogger,
    onProgress: (detail: string) => progress.push(detail),
    silenceLimitMs,
    signal: new AbortController().signal,
  };
  return { attempts, progress, write: (...paths: readonly string[]) => writeFiles(paths.map(file), options) };
}

test("a slow wrapper gets more time for each further attempt, and throws nothing away", async () => {
  const { attempts, progress, write } = lab((path, attempt) => (path === "/b" && attempt < 3 ? late : undefined));
  await write("/a", "/b");
  expect(attempts.filter(([path]) => path === "/b").map(([, timeoutMs]) => timeoutMs)).toEqual([
    60_000, 120_000, 240_000,
  ]);
  expect(progress).toContain(`/b is tried again: ${late.message}`);
  expect(progress.at(-1)).toBe("2 of 2 files");
});

test("a wrapper without a sign of life ends it late, in an operator's words", async () => {
  const { attempts, write } = lab(() => late);
  await expect(write("/etc/kubernetes/kubelet.yaml")).rejects.toMatchObject({
    code: "file_failed",
    message: expect.stringMatching(/kubelet\.yaml.*within 60 s.*for 900 s/),
  });
  expect(attempts).toHaveLength(4);
});

test("what the wrapper refuses is refused at once", async () => {
  const { attempts, write } = lab(() => new WrapperError("other", "cannot write /a: no space left on device"));
  await expect(write("/a")).rejects.toMatchObject({
    code: "file_failed",
    message: expect.stringContaining("no space left on device"),
  });
  expect(attempts).toHaveLength(1);
});

test("all files of many are written once", async () => {
  const { attempts, write } = lab(() => undefined);
  const paths = Array.from({ length: 30 }, (_, index) => `/f${index}`);
  await write(...paths);
  expect(attempts.map(([path]) => path).toSorted()).toEqual(paths.toSorted());
});
