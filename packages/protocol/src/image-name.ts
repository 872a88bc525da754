// What an image's name says of where it comes from.

/** Registry part of images that exist on hosts alone: no registry of this name exists. */
export const localRegistry = "cke.local";

/**
 * True for an image that is built or loaded on each host, and never pulled: it has no path at all (an empty -k8s_image_path;
 * Docker would look for it among its own official images, where nobody put it), or is of `cke.local`.
 */
export function isLocalImage(name: string): boolean {
  const [first = "", ...rest] = name.split("/");
  return rest.length === 0 || first === localRegistry;
}

/** Without tag and digest: "reg:5000/a/b:1" → "reg:5000/a/b". */
export function repositoryOf(name: string): string {
  return name.replace(/@.*$/, "").replace(/:[^:/]*$/, "");
}

/** "1.36" of "…:v1.36.3"; "" when the tag is no version of Kubernetes. */
export function minorVersionOf(name: string): string {
  return /:v?(\d+\.\d+)(\.\d+)?$/.exec(name)?.[1] ?? "";
}

/**
 * What builds a local image under this very name, in a checkout of CKE on the host that lacks it. `version` is of Kubernetes
 * ("1.36"); without one in the name or given, nobody knows what is to be built.
 */
export function buildCommand(image: string, version = minorVersionOf(image)): string {
  if (version === "") return `images/kube-node/build --tag ${image}`;
  // What `make image` calls it by itself (scripts/up).
  const own = repositoryOf(image) === `${localRegistry}/cke-kube-node`;
  return `make image VERSION=${version}${own ? "" : ` IMAGE=${image}`}`;
}
