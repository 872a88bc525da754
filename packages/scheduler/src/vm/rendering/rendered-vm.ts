// A VM as the framework launches it. Pure: it follows from the specification and the flags.
import { VmTask } from "@cke/protocol";
import type { RenderedUnit } from "../../workload/kinds/workload-kind.ts";
import { hasOwnDisks, type VmSpec } from "../body/vm-spec.ts";
import { instanceUuid } from "../body/vm-uuid.ts";
import { definitionHash, vmDefinition } from "./vm-definition.ts";
import type { VmOptions } from "./vm-options.ts";

/** `part`: of a move; "" for the VM itself. */
export function renderedVm(
  spec: VmSpec,
  { imagePath, dataPath, diskPaths, libvirtUri, logPath }: VmOptions,
  part = "",
): RenderedUnit {
  const definition = vmDefinition(spec);
  const movable = part === "" && !hasOwnDisks(spec);
  return {
    configHash: definitionHash(definition),
    data: ({ incarnation, frameworkId, instance, cleanup, keepsData = false }) => {
      const own = {
        vm: spec.name,
        // A clean-up may be of an earlier instance.
        uuid: instance === "" ? spec.uuid : instanceUuid(spec, instance),
        instance,
        incarnation,
        frameworkId,
        imagePath,
        dataPath,
        diskPaths,
        libvirtUri,
        logPath,
        movable,
        part,
      };
      const copyOf = spec.origin === undefined || part !== "" ? {} : { copyOf: spec.origin };
      const labels = { ...spec.label, "cke.workload": spec.name, "cke.instance": instance };
      // A clean-up needs nothing that may be missing on its host or be taken there.
      return VmTask.encode(
        cleanup
          ? { ...own, removeOnKill: !keepsData, endOnKill: keepsData, labels }
          : { ...own, ...copyOf, definition, labels },
      );
    },
    processes: [],
    killGraceMs: spec.shutdownGraceSeconds * 1_000,
  };
}
