// What the name of an image tells about its origin.

/** Registry part of the names of local images. No registry of this name exists. */
export const localRegistry = "cke.local";

/**
 * True for a local image: it is built or loaded on each host and never pulled. Its name has no path at all (an empty
 * -k8s_image_path; Docker would look for it among its official images), or begins with `cke.local`.
 */
export function isLocalImage(name: string): boolean {
  const [first = "", ...rest] = name.split("/");
  return rest.length === 0 || first === localRegistry;
}

/** The name without tag and digest: "reg:5000/a/b:1" → "reg:5000/a/b". */
export function repositoryOf(name: string): string {
  return name.replace(/@.*$/, "").replace(/:[^:/]*$/, "");
}

/** "1.36" of "…:v1.36.3"; "" when the tag is no version of Kubernetes. */
export function minorVersionOf(name: string): string {
  return /:v?(\d+\.\d+)(\.\d+)?$/.exec(name)?.[1] ?? "";
}

/**
 * The command that builds a local image of this name in a checkout of CKE. `version` is a version of Kubernetes
 * ("1.36"). When it is neither given nor part of the name, the command does not name one.
 */
export function buildCommand(image: string, version = minorVersionOf(image)): string {
  if (version === "") return `images/kube-node/build --tag ${image}`;
  // The name that `make image` gives without IMAGE (scripts/up).
  const own = repositoryOf(image) === `${localRegistry}/cke-kube-node`;
  return `make image VERSION=${version}${own ? "" : ` IMAGE=${image}`}`;
}
