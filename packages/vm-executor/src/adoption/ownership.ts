// Whose a domain or a directory on this host is, by its labels. What does not carry all three of a VM is somebody else's, whatever its
// uuid: an operator may give two VMs one uuid, and may define a domain by hand. Pure.
import { vmLabels } from "../domain/metadata.ts";

export interface VmOwner {
  readonly vm: string;
  readonly instance: string;
  readonly frameworkId: string;
}

type Labels = Readonly<Record<string, string>>;

/** Undefined when the labels are those of this VM; else what it is, to follow "it". */
export function foreignness({ vm, instance, frameworkId }: VmOwner, labels: Labels | undefined): string | undefined {
  if (labels === undefined) return "has the uuid of this VM and was not made by CKE";
  const other = (label: string, own: string, what: string) =>
    (labels[label] ?? "") === own ? undefined : `belongs to ${what} ${labels[label] || "(none)"}`;
  return (
    other(vmLabels.framework, frameworkId, "framework") ??
    other(vmLabels.instance, instance, "instance") ??
    other(vmLabels.vm, vm, "VM")
  );
}

export const ownerOf = (labels: Labels): VmOwner => ({
  vm: labels[vmLabels.vm] ?? "",
  instance: labels[vmLabels.instance] ?? "",
  frameworkId: labels[vmLabels.framework] ?? "",
});

/** What stands at the place of a VM's directory. */
export type FoundDirectory =
  /** None, or one in which nothing is but what its making leaves when it is interrupted. */
  | { readonly kind: "none" }
  | { readonly kind: "labelled"; readonly labels: Labels }
  /** It has a content, and says not whose. */
  | { readonly kind: "unlabelled" };

/** Undefined when CKE may use and remove the directory for this VM; else why not, and what to do. */
export function directoryProblem(owner: VmOwner, path: string, found: FoundDirectory): string | undefined {
  if (found.kind === "none") return undefined;
  const problem = foreignness(owner, found.kind === "labelled" ? found.labels : undefined);
  if (problem === undefined) return undefined;
  const advice = "nothing of it is touched: move it away if it is not needed, or give one of the VMs another id";
  return `directory ${path} ${found.kind === "labelled" ? problem : "does not say whose it is"}; ${advice}`;
}
