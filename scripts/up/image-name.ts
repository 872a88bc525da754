// The second name of a built image, under which a scheduler with another -k8s_image_path looks for it.

const reference = /^[a-z0-9][a-z0-9._:/-]*:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const tagOf = (name: string) => name.slice(name.lastIndexOf(":") + 1);

/**
 * The second name that `built` is to get; "" for none. Throws for a text that is not an image name with a tag, and for
 * a tag that names another version of Kubernetes than the one in the image.
 */
export function furtherName(built: string, wanted: string): string {
  if (wanted === "" || wanted === built) return "";
  if (!reference.test(wanted))
    throw new Error(`IMAGE must be an image's name with a tag, like cke-kube-node:${tagOf(built)}; given is ${wanted}`);
  const tag = tagOf(wanted);
  if (/^v?\d+\.\d+(\.\d+)?$/.test(tag) && !`${tagOf(built)}.`.startsWith(`v${tag.replace(/^v/, "")}.`))
    throw new Error(`IMAGE=${wanted} says another version of Kubernetes than what is built here: ${built}`);
  return wanted;
}
