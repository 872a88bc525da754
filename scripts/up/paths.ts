// Where `make up` keeps what belongs to it.
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const top = fileURLToPath(new URL("../..", import.meta.url));
/** State of the running example: removed whole by `make down`. */
export const state = join(process.env.XDG_STATE_HOME ?? join(homedir(), ".local/state"), "cke", "up");
export const dist = join(top, "dist");
/** Registry directory of the locally built image: no registry of this name exists, nothing is ever pulled. */
export const imagePath = "cke.local";
