// The steps of a VM's launch, in their order; UnitReport.launchStep names the one that is being taken.
import type { PreparingStep } from "../ports/vm-place.ts";

export type LaunchStep = "libvirt" | PreparingStep | "define" | "start";
export type ReportStep = LaunchStep | "ready" | "stopping";

export const stepWords: Readonly<Record<ReportStep, string>> = {
  libvirt: "looking for the libvirt daemon",
  images: "fetching images",
  disks: "making the disks",
  network: "making the networks",
  seed: "writing the seed",
  define: "defining the domain",
  start: "starting the guest",
  ready: "the guest runs",
  stopping: "stopping",
};

/** "images: downloading 120/300 MB"; the step in words when there is no detail. */
export function stepMessage(step: ReportStep, detail: string): string {
  return detail === "" ? stepWords[step] : `${step}: ${detail}`;
}
