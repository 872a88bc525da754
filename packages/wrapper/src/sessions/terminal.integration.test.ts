import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { parseReport, quote, TerminalResizer, terminalCommand } from "./terminal.ts";

describe("quote", () => {
  it.each(["plain", "two words", "it's", '$HOME `id` "x" \\', "", "line\nbreak", "'''"])(
    "%j survives a shell",
    (text) => {
      expect(execFileSync("/bin/sh", ["-c", `printf %s ${quote(text)}`], { encoding: "utf8" })).toBe(text);
    },
  );
});

describe("terminal", () => {
  it("reads only a whole report", () => {
    expect(parseReport("12 /dev/pts/3\n")).toEqual({ pid: 12, device: "/dev/pts/3" });
    expect(parseReport("12 /dev/pts")).toBeUndefined();
    expect(parseReport("12 not a tty\n")).toBeUndefined();
  });
  it("sets the size before the command begins", () => {
    expect(terminalCommand(["/bin/top"], { rows: 24, columns: 80 }).at(-2)).toMatch(
      /^stty rows 24 cols 80; .*exec '\/bin\/top'$/,
    );
    expect(terminalCommand(["/bin/top"], undefined).at(-2)).toMatch(/^echo /);
  });
  it("is resized by one stty at a time, so that the newest size is the last", async () => {
    const calls: { readonly args: readonly string[]; readonly end: () => void }[] = [];
    const run = (args: readonly string[]) => new Promise<void>((end) => calls.push({ args, end }));
    const resizer = new TerminalResizer("/dev/pts/3", run);
    for (const rows of [10, 20, 30]) resizer.resize({ rows, columns: 80 });
    const rowsSet = () => calls.map(({ args }) => args[3]);
    expect(rowsSet()).toEqual(["10"]);
    calls[0]?.end();
    await expect.poll(rowsSet).toEqual(["10", "30"]);
    calls[1]?.end();
    resizer.resize({ rows: 40, columns: 80 });
    await expect.poll(rowsSet).toEqual(["10", "30", "40"]);
  });
});
