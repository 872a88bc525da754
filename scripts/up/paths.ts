// The paths at which `make up` keeps its files.
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const top = fileURLToPath(new URL("../..", import.meta.url));
/** State of the running example. `make down` removes all of it. */
export const state = join(process.env.XDG_STATE_HOME ?? join(homedir(), ".local/state"), "cke", "up");
export const dist = join(top, "dist");
/** Registry part of the locally built image's name. No registry of this name exists, so the image is never pulled. */
export const imagePath = "cke.local";
