// Runs before each file of the unit project: a test that opens a socket, starts a process or writes a file fails with
// words that say what to do. Such tests are integration tests, and their files are named so. Reading stays allowed, for
// fixtures of this repository.
import childProcess from "node:child_process";
import dgram from "node:dgram";
import fs from "node:fs";
import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";
import workerThreads from "node:worker_threads";

/** A function, not an arrow: it may be called with `new`. */
function refused(what: string) {
  return function refuse(): never {
    throw new Error(`a unit test must not ${what}: name its file *.integration.test.ts`);
  };
}

const socket = refused("open a socket");
const process = refused("start a process");
const file = refused("write a file");

Object.assign(net.Server.prototype, { listen: socket });
Object.assign(net.Socket.prototype, { connect: socket });
Object.assign(dgram, { createSocket: socket });
for (const name of ["exec", "execFile", "execFileSync", "execSync", "fork", "spawn", "spawnSync"])
  Object.assign(childProcess, { [name]: process });
Object.assign(workerThreads, { Worker: refused("start a thread") });
for (const name of ["appendFile", "mkdir", "mkdtemp", "symlink", "writeFile"]) {
  Object.assign(fs, { [name]: file, [`${name}Sync`]: file });
  Object.assign(promises, { [name]: file });
}
Object.assign(fs, { createWriteStream: file });
syncBuiltinESMExports();
