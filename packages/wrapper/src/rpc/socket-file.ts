// The UNIX socket's file: a stale one (nobody listens) is replaced, a live one is not, and only the owner may connect.
import { chmodSync, lstatSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { dirname } from "node:path";
import { errnoWordsOf, WrapperError } from "../errors/wrapper-error.ts";
import { makeDirectory } from "../files/directory-path.ts";

/** Makes the path free to bind. Throws WrapperError when another wrapper serves it, or something else is there. */
export async function freeSocketPath(path: string): Promise<void> {
  try {
    makeDirectory(dirname(path), 0o700);
  } catch (cause) {
    throw new WrapperError("failed_precondition", `cannot make ${dirname(path)}: ${errnoWordsOf(cause)}`, { cause });
  }
  const present = lstatSync(path, { throwIfNoEntry: false });
  if (present === undefined) return;
  if (!present.isSocket()) {
    throw new WrapperError(
      "failed_precondition",
      `${path} is there and is not a socket: remove it, or choose another -socket`,
    );
  }
  if (await isServed(path)) {
    throw new WrapperError(
      "failed_precondition",
      `${path} is served by another process: only one wrapper can run there`,
    );
  }
  rmSync(path, { force: true });
}

/** Binds with a mask, so that there is no moment in which others could connect. */
export async function bindPrivately(path: string, bind: () => Promise<void>): Promise<void> {
  const mask = process.umask(0o177);
  try {
    await bind();
  } finally {
    process.umask(mask);
  }
  chmodSync(path, 0o600);
}

function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
