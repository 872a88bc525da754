// Where an image comes from. Pure.
import { isAbsolute, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { CkeError } from "@cke/foundation";

export type ImageSource =
  | { readonly kind: "http"; readonly url: URL }
  | { readonly kind: "file"; readonly path: string };

const maxSourceBytes = 4_096;
const allowed = "allowed: http://…, https://…, file:///… or a name below -vm_image_path";

/** `imagePath`: -vm_image_path; empty when there is none. Throws CkeError image_source. */
export function parseImageSource(text: string, imagePath: string): ImageSource {
  if (text === "") throw new CkeError("image_source", `the image has no source; ${allowed}`);
  if (text.length > maxSourceBytes)
    throw new CkeError("image_source", `the image's source is longer than ${maxSourceBytes}`);
  if (text.includes("\0")) throw new CkeError("image_source", "the image's source has a character with the code 0");
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) return { kind: "file", path: namedPath(text, imagePath) };
  const url = URL.parse(text);
  if (url === null) throw new CkeError("image_source", `the image's source is no URL; ${allowed}`);
  if (scheme === "file") return { kind: "file", path: filePath(url) };
  if (scheme !== "http" && scheme !== "https")
    throw new CkeError("image_source", `the image's source begins with ${scheme}:; ${allowed}`);
  if (url.username !== "" || url.password !== "") {
    const why = "its URL has a user or a password, which everybody who sees the task could read";
    throw new CkeError("image_source", `the image of ${url.host}: ${why}; serve it without, to these hosts only`);
  }
  url.hash = "";
  return { kind: "http", url };
}

function filePath(url: URL): string {
  if (url.host !== "")
    throw new CkeError("image_source", `the image's file URL names the host ${url.host}; write file:///…`);
  try {
    return normalize(fileURLToPath(url));
  } catch {
    throw new CkeError("image_source", "the image's file URL is no path of this host; write file:///…");
  }
}

function namedPath(name: string, imagePath: string): string {
  if (isAbsolute(name))
    throw new CkeError("image_source", `the image's source ${name} is a path; write file://${name}`);
  if (imagePath === "")
    throw new CkeError(
      "image_source",
      `the image is the name ${name}, but the scheduler has no -vm_image_path; ${allowed}`,
    );
  if (name.split("/").includes(".."))
    throw new CkeError("image_source", `the image's name ${name} leaves -vm_image_path; it must have no ".."`);
  return join(imagePath, name);
}

/** For messages: without the query, which may hold a token. */
export function describeSource(source: ImageSource): string {
  return source.kind === "file" ? source.path : describeUrl(source.url);
}

export function describeUrl(url: URL): string {
  return `${url.origin}${url.pathname}`;
}
