// code-cache.ts CODE CACHE [CODE CACHE ...]: compiles every function of each CODE and writes V8's code cache of it to CACHE. It must run
// under the flags of the finished program: V8 takes no cache that was made under others.
import { readFileSync, writeFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { constants, Script } from "node:vm";

function compile(code: string, cache: string): void {
  const source = readFileSync(code, "latin1");
  setFlagsFromString("--no-lazy");
  const script = new Script(source, { importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER });
  // The cache has a hash of the flags at this moment.
  setFlagsFromString("--lazy");
  writeFileSync(cache, script.createCachedData());
}

const files = process.argv.slice(2);
if (files.length === 0 || files.length % 2 !== 0) throw new Error("usage: code-cache.ts CODE CACHE [CODE CACHE ...]");
for (let index = 0; index < files.length; index += 2) compile(files[index] ?? "", files[index + 1] ?? "");
