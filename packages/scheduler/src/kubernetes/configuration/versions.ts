// Choosing a configuration by the version that a user asked for, and ordering versions.
import type { ClusterConfiguration } from "./configuration.ts";

/** Orders "1.9" before "1.10"; what is not a number compares as text. */
const compareVersions = new Intl.Collator("en", { numeric: true }).compare;

/** Newest first. */
export function sortedVersions(configurations: ReadonlyMap<string, ClusterConfiguration>): readonly string[] {
  return [...configurations.keys()].sort((left, right) => compareVersions(right, left));
}

/** By the file's version ("1.36") or by the Kubernetes version in it ("1.36.3", "v1.36.3"); "" is the newest. */
export function chooseVersion(
  configurations: ReadonlyMap<string, ClusterConfiguration>,
  asked: string,
): ClusterConfiguration | undefined {
  const newest = sortedVersions(configurations)[0];
  if (asked === "") return newest === undefined ? undefined : configurations.get(newest);
  const plain = asked.replace(/^v/, "");
  return configurations.get(plain) ?? [...configurations.values()].find(({ kubernetes }) => kubernetes === `v${plain}`);
}
