import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ExecutorTokens } from "./executor-tokens.ts";

const key = { framework: "f", executor: "e", container: "c" };

test("a token is known again, also by the next agent with the same directory", async () => {
  const directory = await mkdtemp(join(tmpdir(), "cke-tokens-"));
  try {
    const path = join(directory, "key");
    const token = (await ExecutorTokens.load(path)).issue(key);
    expect((await ExecutorTokens.load(path)).verify(`Bearer ${token}`)).toEqual({ fid: "f", eid: "e", cid: "c" });
    expect((await stat(path)).mode & 0o077).toBe(0);
  } finally {
    await rm(directory, { recursive: true });
  }
});

const tokens = new ExecutorTokens(Buffer.alloc(32, 1));
const good = tokens.issue(key);
const [head = "", claims = "", signature = ""] = good.split(".");

test.each<[string, string | undefined]>([
  ["no header", undefined],
  ["another scheme", `Basic ${good}`],
  ["no signature", `Bearer ${head}.${claims}`],
  ["an empty signature", `Bearer ${head}.${claims}.`],
  [
    "other claims",
    `Bearer ${head}.${Buffer.from('{"fid":"f","eid":"x","cid":"c"}').toString("base64url")}.${signature}`,
  ],
  ["another key", `Bearer ${new ExecutorTokens(Buffer.alloc(32, 2)).issue(key)}`],
  ["no algorithm", `Bearer ${Buffer.from('{"alg":"none"}').toString("base64url")}.${claims}.`],
  ["more after it", `Bearer ${good} x`],
])("%s is refused", (_what, header) => {
  expect(tokens.verify(header)).toBeUndefined();
});
