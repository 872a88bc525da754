// code-cache.ts PROGRAM CACHE: compiles every function of a program and writes V8's code cache of it. It must run under the flags of
// the finished program: V8 takes no cache that was made under others.
import { readFileSync, writeFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { constants, Script } from "node:vm";
import { compiledAs } from "./program-assets.ts";

const [program, cache] = process.argv.slice(2);
if (program === undefined || cache === undefined) throw new Error("usage: code-cache.ts PROGRAM CACHE");
const source = readFileSync(program, "latin1");
setFlagsFromString("--no-lazy");
const script = new Script(source, {
  filename: compiledAs,
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});
// The cache has a hash of the flags at this moment.
setFlagsFromString("--lazy");
writeFileSync(cache, script.createCachedData());
