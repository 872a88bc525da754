// What `make up` and `make down` refuse before they do anything, as processes of their own.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { top } from "./paths.ts";

let home = "";
beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), "cke-up-")));
});
afterEach(() => rmSync(home, { recursive: true }));

/** Runs one of the commands. Returns its exit code and all that it said. */
async function make(word: string, environment: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, ["scripts/up/main.ts", word], {
    ...{ cwd: top, stdio: "pipe" },
    env: { ...process.env, XDG_STATE_HOME: home, ...environment },
  });
  let words = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => {
      words += text;
    });
  const [code] = await once(child, "close");
  return [code, words.trim()] as const;
}

test("a port that something else has is refused before anything is built", async () => {
  const other = createServer();
  other.listen(0, "127.0.0.1");
  await once(other, "listening");
  const address = other.address();
  const port = typeof address === "object" ? address?.port : 0;
  try {
    expect(await make("up", { CKE_UP_PORT: `${port}` })).toEqual([
      1,
      expect.stringMatching(
        `^port ${port} of 127.0.0.1 is taken by something that is not the scheduler of this make up`,
      ),
    ]);
  } finally {
    other.close();
  }
  expect(existsSync(join(home, "cke"))).toBe(false);
});

test("what another checkout has brought up is left alone, until that checkout is gone", async () => {
  const state = join(home, "cke/up-other");
  const checkout = join(home, "checkout");
  mkdirSync(state, { recursive: true });
  mkdirSync(checkout);
  writeFileSync(join(state, "checkout"), checkout);
  const environment = { CKE_UP_NAME: "other" };
  for (const word of ["up", "down"])
    expect(await make(word, environment)).toEqual([
      1,
      expect.stringMatching(`^other is of make up in ${checkout}: run make there`),
    ]);
  expect(await make("status", environment)).toEqual([
    0,
    expect.stringMatching(/^other is not up \(CKE_UP_NAME=other make up\)/),
  ]);
  expect(existsSync(join(state, "checkout"))).toBe(true);
  rmSync(checkout, { recursive: true });
  expect((await make("down", environment))[0]).toBe(0);
  expect(existsSync(state)).toBe(false);
});

test("a name that is none is told in one line", async () => {
  const [code, words] = await make("status", { CKE_UP_NAME: "A" });
  expect([code, words.split("\n").length]).toEqual([1, 1]);
  expect(words).toContain("CKE_UP_NAME must be");
});
