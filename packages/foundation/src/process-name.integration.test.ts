import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

const module = new URL("process-name.ts", import.meta.url).href;
const run = (code: string) =>
  execFileSync(
    process.execPath,
    ["--input-type=module", "-e", `import { nameProcess } from "${module}"; ${code}`, "argument"],
    {
      encoding: "utf8",
    },
  );
const show = 'import { readFileSync } from "node:fs"; console.log(readFileSync("/proc/self/comm", "utf8").trim());';

it("names the process and leaves its arguments", () => {
  const code = `${show.replace("import", "nameProcess('cke-scheduler'); import")} console.log(readFileSync("/proc/self/cmdline", "utf8"));`;
  const [name, ...rest] = run(code).split("\n");
  expect(name).toBe("cke-scheduler");
  expect(rest.join("\n")).toContain("argument");
});

it("does without /proc", () => {
  expect(run(`nameProcess("x", "/no/such/file"); ${show}`)).not.toBe("x\n");
});
