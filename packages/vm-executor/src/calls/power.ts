// Power actions: what the buttons of a machine do.
import { CkeError } from "@cke/foundation";
import { isLibvirtError } from "@cke/libvirt";
import { within } from "../hypervisor/with-deadline.ts";
import { type CallParts, mustBeHere } from "./call-parts.ts";

const agentAnswerMs = 5_000;

export const powerActions = ["reboot", "reset", "pause", "resume", "shutdown"] as const;

/** Says what was done. Throws CkeError. */
export async function power(action: string, parts: CallParts): Promise<string> {
  const { vm, hypervisor, domain, signal } = parts;
  const { domains } = hypervisor;
  switch (action) {
    case "reboot":
      await orByButton(
        (late) => domains.reboot(domain, "default", { signal: late }),
        () => domains.reboot(domain, "acpi", { signal }),
        parts,
      );
      return "the guest was asked to reboot";
    case "reset":
      await mustBeHere(vm);
      await domains.reset(domain, { signal });
      return "the guest was reset";
    case "pause":
      await domains.suspend(domain, { signal });
      return "the guest is paused";
    case "resume":
      await mustBeHere(vm);
      await domains.resume(domain, { signal });
      return "the guest runs on";
    case "shutdown":
      vm.machine.expectShutdown();
      await orByButton(
        (late) => domains.shutdown(domain, "default", { signal: late }),
        () => domains.shutdown(domain, "acpi", { signal }),
        parts,
      );
      return "the guest was asked to shut down";
    default:
      throw new CkeError(
        "invalid_argument",
        `power.action: allowed is ${powerActions.join(", ")}, not ${JSON.stringify(action.slice(0, 50))}`,
      );
  }
}

/** A guest agent that does not answer must not stand before the button. */
async function orByButton(
  ask: (signal: AbortSignal) => Promise<void>,
  press: () => Promise<void>,
  { clock, signal }: Pick<CallParts, "clock" | "signal">,
): Promise<void> {
  try {
    await within(clock, agentAnswerMs, ask, signal);
  } catch (error) {
    const silent = error instanceof CkeError && error.code === "guest_silent";
    if (!silent && !isLibvirtError(error)) throw error;
    await press();
  }
}
