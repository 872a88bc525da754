// The parts of programs: what is loaded at once and what is loaded late.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { etcd3Protocol } from "./etcd3-protocol.ts";
import { optionalModules } from "./optional-modules.ts";
import { firstPart, type ProgramParts, programParts } from "./program-parts.ts";
import { programs } from "./programs.ts";

const top = join(import.meta.dirname, "../..");
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "cke-parts-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** The exports of the first part, and the names of the parts that were loaded up to now. */
function start(parts: ProgramParts): { exports: unknown; loaded: readonly string[] } {
  const ofNode = createRequire(import.meta.url);
  const modules = new Map<string, { exports: unknown }>();
  const loaded: string[] = [];
  const required = (name: string): unknown => {
    const part = name.replace(/^\.\//, "");
    const code = parts[part];
    if (code === undefined) return ofNode(name);
    const before = modules.get(part);
    if (before !== undefined) return before.exports;
    const module = { exports: {} };
    modules.set(part, module);
    loaded.push(part);
    new Function("exports", "require", "module", code)(module.exports, required, module);
    return module.exports;
  };
  return { exports: required(`./${firstPart}`), loaded };
}

test("what is imported late is loaded late, once, and shares its modules with the rest", async () => {
  await writeFile(join(directory, "shared.ts"), "export const counter = { value: 0 };");
  await writeFile(
    join(directory, "late.ts"),
    'import { counter } from "./shared.ts"; counter.value += 1; export const late = () => counter.value;',
  );
  await writeFile(
    join(directory, "entry.ts"),
    `import { counter } from "./shared.ts";
     import { sep } from "node:path";
     export async function twice() {
       for (const _ of [1, 2]) (await import("./late.ts")).late();
       return [counter.value, sep, (await import("node:os")).EOL];
     }`,
  );
  const { exports, loaded } = start(await programParts(join(directory, "entry.ts"), {}));
  const lateOnes = () => loaded.filter((part) => part.startsWith("late"));
  expect(lateOnes()).toEqual([]);
  if (typeof exports !== "object" || exports === null || !("twice" in exports) || typeof exports.twice !== "function")
    throw new Error("no function");
  expect(await exports.twice()).toEqual([1, "/", "\n"]);
  expect(lateOnes()).toHaveLength(1);
});

test("a CommonJS module that is imported late has its names, and the module as default", async () => {
  await writeFile(
    join(directory, "old.cjs"),
    "Object.defineProperty(exports, 'named', { get: () => 7 }); exports.one = 1;",
  );
  await writeFile(join(directory, "made.cjs"), "module.exports = class Made {}; module.exports.two = 2;");
  await writeFile(
    join(directory, "entry.ts"),
    `export async function all() {
       const [{ named, one, default: old }, { default: Made, two }] = await Promise.all([import("./old.cjs"), import("./made.cjs")]);
       return [named, one, old.one, new Made().constructor.name, two];
     }`,
  );
  const { exports } = start(await programParts(join(directory, "entry.ts"), {}));
  if (typeof exports !== "object" || exports === null || !("all" in exports) || typeof exports.all !== "function")
    throw new Error("no function");
  expect(await exports.all()).toEqual([7, 1, 1, "Made", 2]);
});

/** Bytes of the parts that are loaded before the program has read its flags. */
function bytesAtOnce(parts: ProgramParts): number {
  const wanted = new Set([firstPart]);
  for (const part of wanted) {
    // A part that is required late stands behind `then`.
    for (const [, name] of (parts[part] ?? "").matchAll(/require\("\.\/([^"]+)"\)/g))
      if (name !== undefined && !(parts[part] ?? "").includes(`then(()=>__toESM(require("./${name}")))`))
        wanted.add(name);
  }
  return [...wanted].reduce((sum, part) => sum + (parts[part] ?? "").length, 0);
}

test.each(programs.filter(({ name }) => name !== "cke-mesos-local"))(
  "$name reads its flags before anything large is loaded",
  async ({ entry }) => {
    const parts = await programParts(join(top, entry), {
      plugins: [optionalModules, etcd3Protocol],
      define: { "import.meta.url": "undefined", "import.meta.main": "true" },
    });
    const all = Object.values(parts).reduce((sum, code) => sum + code.length, 0);
    expect(all).toBeGreaterThan(500_000);
    expect(bytesAtOnce(parts)).toBeLessThan(60_000);
  },
);
