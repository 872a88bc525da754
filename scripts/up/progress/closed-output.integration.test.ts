// A command whose reader has ended, as a process of its own.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const module = fileURLToPath(new URL("./closed-output.ts", import.meta.url));

/** Runs a program that writes to `output` after its reader has gone. Returns its exit code and what it said on the other one. */
async function unread(output: "stdout" | "stderr"): Promise<readonly [number | null, string]> {
  const write = `process.stdin.on("end", () => { for (let line = 0; line < 9; line += 1) process.${output}.write("line\\n"); });`;
  const script = `import { endWithReader } from ${JSON.stringify(module)}; endWithReader(); ${write} process.stdin.resume();`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], { stdio: "pipe" });
  child[output].destroy();
  let words = "";
  child[output === "stdout" ? "stderr" : "stdout"].setEncoding("utf8").on("data", (text: string) => {
    words += text;
  });
  child.stdin.end();
  const [code] = await once(child, "close");
  return [Number(code), words];
}

test("a result that nobody reads ends the program well and without a word", async () => {
  expect(await unread("stdout")).toEqual([0, ""]);
});

test("progress that nobody reads ends it as a broken pipe does", async () => {
  expect(await unread("stderr")).toEqual([141, ""]);
});
