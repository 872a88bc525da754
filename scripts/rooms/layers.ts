// The layer rule of docs/architecture.md: which package may import which. Pure; scripts/check.ts runs it on the tree.
import { importedNames, isTest, isTesting } from "./import-graph.ts";
import { outsidePackages, placeOf, type SourceFile } from "./source-tree.ts";

/** For each package, the packages of CKE that it may import. */
export const layers: Readonly<Record<string, readonly string[]>> = {
  foundation: [],
  "test-servers": ["foundation"],
  protocol: ["foundation"],
  zookeeper: ["foundation"],
  libvirt: ["foundation"],
  mesos: ["foundation", "zookeeper"],
  "mesos-local": ["foundation", "mesos"],
  "executor-core": ["foundation", "protocol", "mesos"],
  "k8s-executor": ["foundation", "protocol", "mesos", "executor-core"],
  "vm-executor": ["foundation", "protocol", "mesos", "executor-core", "libvirt"],
  wrapper: ["foundation", "protocol"],
  web: [],
  scheduler: ["foundation", "protocol", "zookeeper", "mesos", "mesos-local"],
  "scheduler-simulation": ["foundation", "protocol", "mesos", "mesos-local", "executor-core", "scheduler"],
};

/** Modules that only one file may import: the embedded Mesos is for `-master local` only. */
const singleUse: readonly { readonly importer: RegExp; readonly from: string; readonly target: string }[] = [
  { from: "scheduler", target: "mesos-local", importer: /^boot\/embedded-mesos\.ts$/ },
];

/** Folders that must stay pure: they use no Node built-ins that do I/O. */
const pureFolders: readonly { readonly package: string; readonly folder: string }[] = [
  { package: "scheduler", folder: "workload/" },
  { package: "scheduler", folder: "kubernetes/cluster/" },
  { package: "scheduler", folder: "kubernetes/rendering/" },
  { package: "scheduler", folder: "kubernetes/steps/" },
  { package: "scheduler", folder: "kubernetes/views/" },
  { package: "scheduler", folder: "vm/body/" },
  { package: "scheduler", folder: "vm/changes/" },
  { package: "scheduler", folder: "vm/rendering/" },
  { package: "scheduler", folder: "vm/steps/" },
  { package: "scheduler", folder: "vm/views/" },
  { package: "scheduler", folder: "framework/placement/" },
  { package: "scheduler", folder: "framework/offer-fit/" },
];
const impureModules = /^node:(fs|net|http|https|http2|child_process|dgram|tls|worker_threads|sqlite)/;

/** A line for each breach of the rule. */
export function layerBreaches(files: readonly SourceFile[]): string[] {
  const breaches: string[] = [];
  for (const file of files) {
    if (outsidePackages.includes(file.package)) continue;
    const test = isTest(file.path) || isTesting(file.path) || file.path.startsWith("simulation/");
    const allowed = layers[file.package];
    const where = placeOf(file);
    if (allowed === undefined) {
      breaches.push(`${where}: package ${file.package} is not in the layer table of scripts/rooms/layers.ts`);
      continue;
    }
    const depth = file.path.split("/").length;
    for (const name of importedNames(file.text)) {
      if (name.startsWith("../".repeat(depth)))
        breaches.push(`${where}: leaves its package with "${name}"; import @cke/… instead`);
      const target = /^@cke\/([^/]+)/.exec(name)?.[1];
      if (target !== undefined && target !== file.package && !allowed.includes(target) && !test)
        breaches.push(`${where}: ${file.package} must not import ${target}`);
      for (const rule of singleUse)
        if (!test && rule.from === file.package && rule.target === target && !rule.importer.test(file.path))
          breaches.push(`${where}: only ${rule.importer.source} may import ${target}`);
      if (
        !test &&
        impureModules.test(name) &&
        pureFolders.some((pure) => pure.package === file.package && file.path.startsWith(pure.folder))
      )
        breaches.push(`${where}: is pure and must not import ${name}`);
    }
  }
  return breaches;
}
