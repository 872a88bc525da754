// The paths at which `make up` keeps what it builds.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const top = fileURLToPath(new URL("../..", import.meta.url));
export const dist = join(top, "dist");
/** Registry part of local images' names. No registry of this name exists, so they are never pulled. `make image` gives such a name. */
export const sharedImagePath = "cke.local";
/**
 * The same for the images with which a checkout runs clusters. A name says nothing of the content: a build of another checkout of this
 * host must not change what is launched under its name.
 */
export const imagePathOf = (checkout: string) =>
  `${sharedImagePath}/checkout-${createHash("sha256").update(checkout).digest("hex").slice(0, 8)}`;
export const imagePath = imagePathOf(top);
