// Which changes of a running guest must not be made before another one, so that one that fails holds up no more than it must. Pure.
import type { VmDisk, VmNic } from "@cke/protocol";
import type { LiveStep } from "./definition-changes.ts";

const sameText = (left: string, right: string) => left !== "" && left === right;

/** Both would use what only one can have. */
const clashingDisks = (left: VmDisk, right: VmDisk) => sameText(left.path, right.path);

function clashingNics(left: VmNic, right: VmNic): boolean {
  const address = (nic: VmNic) => nic.ip.replace(/\/.*$/, "");
  const ports = new Set(left.ports.map(({ hostPort }) => hostPort));
  return (
    sameText(left.mac.toLowerCase(), right.mac.toLowerCase()) ||
    sameText(address(left), address(right)) ||
    right.ports.some(({ hostPort }) => ports.has(hostPort))
  );
}

/** `failed`: changes that could not be made now, and are tried again. True when `step` has to wait for one of them. */
export function waitsFor(step: LiveStep, failed: readonly LiveStep[]): boolean {
  return failed.some((other) => {
    switch (step.kind) {
      case "memory":
        // The limit comes before it when the guest may take more. When it gives back, the limit comes after it.
        return other.kind === "limits";
      case "attach-disk":
      case "change-disc":
        return other.kind === "detach-disk" && clashingDisks(other.disk, step.disk);
      case "attach-nic":
      case "ports":
        return other.kind === "detach-nic" && clashingNics(other.nic, step.nic);
      default:
        return false;
    }
  });
}
