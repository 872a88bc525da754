// The paths at which `make up` keeps what it builds.
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const top = fileURLToPath(new URL("../..", import.meta.url));
export const dist = join(top, "dist");
/** Registry part of the locally built image's name. No registry of this name exists, so the image is never pulled. */
export const imagePath = "cke.local";
