// From flags to what the framework wants. The addresses are functions: with `-listen …:0` they are known late.
import { type LogLevel, parseLogLevel } from "@cke/foundation";
import type { FrameworkOptions } from "../framework/interfaces/dependencies.ts";
import type { ClusterConfiguration } from "../kubernetes/configuration/configuration.ts";
import type { KubernetesOptions } from "../kubernetes/kubernetes-options.ts";
import { parsePool, type RangePools } from "../kubernetes/ranges/range-texts.ts";
import type { VmOptions } from "../vm/rendering/vm-options.ts";
import type { Flags } from "./flags.ts";
import { durationMs } from "./flags-values.ts";
import { diskPathsOf } from "./vm-flags.ts";

/** Options of the framework and of Kubernetes clusters. */
export type SchedulerOptions = FrameworkOptions & KubernetesOptions;

export interface FrameworkOptionsInput {
  readonly flags: Flags;
  readonly registryCertificate: Uint8Array | undefined;
  readonly configurations: ReadonlyMap<string, ClusterConfiguration>;
  /** This scheduler's own `http://host:port`. */
  readonly ownUrl: () => string;
  readonly executorUrl: () => string;
}

export function frameworkOptions(input: FrameworkOptionsInput): SchedulerOptions {
  const { flags, ownUrl, executorUrl } = input;
  return {
    name: flags.name,
    user: flags.mesos_user,
    roles: [...new Set(flags.roles.split(",").map((role) => role.trim()))],
    failoverSeconds: flags.failover,
    partitionGraceSeconds: flags.partition_grace,
    principal: flags.mesos_principal,
    executor: flags.k8s_executor,
    cfsQuota: flags.k8s_cfs,
    dockerPath: flags.k8s_docker_path,
    lxcfsPath: flags.k8s_lxcfs,
    imagePath: flags.k8s_image_path.replace(/\/+$/, ""),
    localVersions: (flags.k8s_local_versions ?? "").split(",").filter((version) => version !== ""),
    pools: poolsOf(flags),
    registry: registryOf(flags.k8s_registry),
    registryCertificate: input.registryCertificate,
    spiderLbEndpoint: flags.k8s_spider_lb_endpoint?.replace(/\/+$/, ""),
    logLevel: logLevelOf(flags),
    configurations: input.configurations,
    get webuiUrl() {
      return flags.framework_url ?? `${ownUrl()}/k8s/v1/help`;
    },
    get hostname() {
      return new URL(ownUrl()).hostname;
    },
    get executorUrl() {
      return executorUrl();
    },
  };
}

export function vmOptions(flags: Flags): VmOptions {
  return {
    vmExecutor: flags.vm_executor,
    imagePath: flags.vm_image_path ?? "",
    dataPath: flags.vm_data_path ?? "",
    diskPaths: diskPathsOf(flags.vm_disk_path),
    libvirtUri: flags.vm_libvirt_uri ?? "",
    logPath: flags.vm_log_path ?? "",
    liveMigration: flags.vm_live_migration,
    historyMs: durationMs(flags.vm_history),
  };
}

/** "" is no pool. */
const poolsOf = (flags: Flags): RangePools => ({
  pods: parsePool("pods", flags.k8s_pod_pool ?? ""),
  services: parsePool("services", flags.k8s_service_pool ?? ""),
});

/** "reg.example:10.0.0.1" → its two halves; undefined for "". */
export function registryOf(text: string): { readonly domain: string; readonly ip: string } | undefined {
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { domain: text.slice(0, colon), ip: text.slice(colon + 1) };
}

/** The flag table accepted it, so it is one of the four. */
export function logLevelOf(flags: Flags): LogLevel {
  return parseLogLevel(flags.log_level) ?? "info";
}
