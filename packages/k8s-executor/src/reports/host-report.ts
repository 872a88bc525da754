// The report on this host for the scheduler: its Docker networks and its images of KubeNodes, bounded in number and length. Pure.
import { HostReport, repositoryOf } from "@cke/protocol";
import type { ImageInfo, NetworkInfo } from "../docker/engine.ts";

/** Network and image of the node that is launched here. They come first, so that the bound never cuts them off. */
export interface HostInterest {
  readonly network: string;
  readonly image: string;
}

const maxNetworks = 64;
const maxRanges = 4;
const maxImages = 64;
const maxName = 255;
const maxText = 64;

/** Label of an image that images/kube-node/build has made. */
const versionLabel = "cke.kubernetes.version";
/** Drivers of Docker's own networks `host` and `none`, which no node can use. */
const unusable = new Set(["host", "null"]);

const short = (text: string, most: number) => text.length <= most;
const first = (wanted: string) => (left: { readonly name: string }, right: { readonly name: string }) =>
  Number(right.name === wanted) - Number(left.name === wanted) || left.name.localeCompare(right.name, "en");

export function hostReport(
  networks: readonly NetworkInfo[],
  images: readonly ImageInfo[],
  { network, image }: HostInterest,
): HostReport {
  const repository = repositoryOf(image);
  const isNodes = ({ name, labels }: ImageInfo) =>
    labels[versionLabel] !== undefined || name === image || repositoryOf(name) === repository;
  return HostReport.create({
    networks: networks
      .filter(({ name, driver }) => !unusable.has(driver) && short(name, maxName))
      .sort(first(network))
      .slice(0, maxNetworks)
      .map(({ name, driver, scope, ranges }) => ({
        name,
        driver: driver.slice(0, maxText),
        scope: scope.slice(0, maxText),
        ranges: ranges
          .filter(({ subnet, gateway }) => short(subnet, maxText) && short(gateway, maxText))
          .slice(0, maxRanges),
      })),
    images: images
      .filter((one) => isNodes(one) && short(one.name, maxName))
      .sort(first(image))
      .slice(0, maxImages)
      .map(({ name, id }) => ({ name, id: id.slice(0, 2 * maxText) })),
  });
}
