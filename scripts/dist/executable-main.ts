// What an executable runs first: the program's parts, compiled already. With Node's own code cache of executables V8 knows only the
// functions that are compiled at once, and compiles the others when they are first called; here all of them are in the cache
// (code-cache.ts). A part is read when another one requires it (program-parts.ts).
import { createRequire } from "node:module";
import { getRawAsset } from "node:sea";
import { constants, Script } from "node:vm";
import { cacheAsset, codeAsset } from "./program-assets.ts";
import { releaseStartMemory } from "./start-memory.ts";

const partName = /^\.\/([^/]+\.js)$/;
const bytes = (asset: string) => Buffer.from(getRawAsset(asset));
const requireOfNode = createRequire(process.execPath);
const loaded = new Map<string, { exports: unknown }>();

function requirePart(part: string): unknown {
  const before = loaded.get(part);
  if (before !== undefined) return before.exports;
  // One byte a character: parts are ASCII (program-assets.ts).
  const script = new Script(bytes(codeAsset(part)).toString("latin1"), {
    filename: part,
    cachedData: bytes(cacheAsset(part)),
    // For modules of Node, which some parts of a program load when they need them.
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  // The build checks the cache of each part (code-cache.ts), so this is said by no executable as it was built.
  if (script.cachedDataRejected === true) process.stderr.write(`the code cache of ${part} does not fit this Node\n`);
  const module: { exports: unknown } = { exports: {} };
  // Before it runs: two parts may require each other.
  loaded.set(part, module);
  script.runInThisContext()(module.exports, requireAny, module, process.execPath, "/");
  return module.exports;
}

const requireAny = Object.assign((name: string): unknown => {
  const part = partName.exec(name)?.[1];
  return part === undefined ? requireOfNode(name) : requirePart(part);
}, requireOfNode);

requireAny("./main.js");
releaseStartMemory();
