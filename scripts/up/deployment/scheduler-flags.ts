// The flags with which `make up` starts its scheduler.
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { addressPools } from "./address-pools.ts";

export interface SchedulerParts {
  readonly port: number;
  /** Of the framework in Mesos. */
  readonly name: string;
  /** Directories of the deployment's files, of the embedded Mesos, and of the checkout. */
  readonly state: string;
  readonly mesos: string;
  readonly top: string;
  readonly imagePath: string;
  /** Versions of Kubernetes whose images are built. */
  readonly versions: readonly string[];
  readonly further: readonly string[];
}

/** The embedded agent offers more CPUs than the machine has, because the example's processes are mostly idle. */
const resources = () =>
  `cpus:${Math.max(16, cpus().length * 4)};mem:${Math.floor((totalmem() / 2 ** 20) * 0.9)};ports:[31000-35000]`;

export const schedulerFlags = ({ port, name, state, mesos, top, imagePath, versions, further }: SchedulerParts) =>
  [
    ["-master", "local"],
    ["-storage_type", "sqlite"],
    ["-storage_servers", join(state, "cke.db")],
    // Until there is sign-in: everybody who reaches the API may read administrators' tokens.
    ["-listen", `127.0.0.1:${port}`],
    ["-service_host", "127.0.0.1"],
    ["-service_port", String(port)],
    ["-name", name],
    ["-k8s_image_path", imagePath],
    // So the scheduler refuses a version without an image at once; otherwise the launch would fail.
    versions.length === 0 ? [] : ["-k8s_local_versions", versions.join(",")],
    ["-k8s_pod_pool", addressPools.pods],
    ["-k8s_service_pool", addressPools.services],
    ["-k8s_config", join(top, "default_cfg")],
    ["-local_work_dir", mesos],
    ["-local_resources", resources()],
    further,
  ].flat();
