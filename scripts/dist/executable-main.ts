// What an executable runs first: the program, compiled already. With Node's own code cache of executables V8 knows only the functions
// that are compiled at once, and compiles the others when they are first called; here all of them are in the cache (code-cache.ts).
import { createRequire } from "node:module";
import { getRawAsset } from "node:sea";
import { constants, Script } from "node:vm";
import { cacheAsset, compiledAs, programAsset } from "./program-assets.ts";

const bytes = (asset: string) => Buffer.from(getRawAsset(asset));

// One byte a character: bundles are ASCII (program-assets.ts).
const script = new Script(bytes(programAsset).toString("latin1"), {
  filename: compiledAs,
  cachedData: bytes(cacheAsset),
  // For modules of Node, which some parts of a program load when they need them.
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});
// The build takes nothing that is said here, so no executable with an unusable cache is made.
if (script.cachedDataRejected === true) process.stderr.write("the code cache does not fit this Node\n");
const module = { exports: {} };
script.runInThisContext()(module.exports, createRequire(process.execPath), module, process.execPath, "/");
