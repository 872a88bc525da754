// code-cache.ts make CODE CACHE [CODE CACHE ...]: compiles every function of each CODE and writes V8's code cache of it to CACHE.
// code-cache.ts check CODE CACHE [...]: fails when V8 does not take one of them. Both must run under the flags of the finished program: V8
// takes no cache that was made under others.
import { readFileSync, writeFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { constants, Script } from "node:vm";

const importModuleDynamically = constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;

function make(code: string, cache: string): void {
  const source = readFileSync(code, "latin1");
  setFlagsFromString("--no-lazy");
  const script = new Script(source, { importModuleDynamically });
  // The cache has a hash of the flags at this moment.
  setFlagsFromString("--lazy");
  writeFileSync(cache, script.createCachedData());
}

/** As the finished program does it. Throws for a cache that is not taken. */
function check(code: string, cache: string): void {
  const script = new Script(readFileSync(code, "latin1"), { cachedData: readFileSync(cache), importModuleDynamically });
  if (script.cachedDataRejected !== false) throw new Error(`V8 does not take the code cache ${cache}`);
}

const [what = "", ...files] = process.argv.slice(2);
const work = new Map([
  ["make", make],
  ["check", check],
]).get(what);
if (work === undefined || files.length === 0 || files.length % 2 !== 0)
  throw new Error("usage: code-cache.ts make|check CODE CACHE [CODE CACHE ...]");
for (let index = 0; index < files.length; index += 2) work(files[index] ?? "", files[index + 1] ?? "");
