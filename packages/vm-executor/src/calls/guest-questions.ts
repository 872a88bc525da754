// Questions that the agent in the guest answers. The answer is passed on as the agent says it.
import { CkeError } from "@cke/foundation";
import { isLibvirtError } from "@cke/libvirt";
import type { CallParts } from "./call-parts.ts";

const commands: Readonly<Record<string, string>> = {
  info: "guest-get-osinfo",
  interfaces: "guest-network-get-interfaces",
  filesystems: "guest-get-fsinfo",
  time: "guest-get-time",
  users: "guest-get-users",
};
/** What a guest says has no bound of its own, and one message of a channel has at most 256 KiB. */
const longestAnswer = 120 * 1024;

/** JSON. Throws CkeError `unavailable` when no agent answers. */
export async function askGuest(question: string, { hypervisor, domain, signal }: CallParts): Promise<string> {
  const execute = Object.hasOwn(commands, question) ? commands[question] : undefined;
  if (execute === undefined)
    throw new CkeError(
      "invalid_argument",
      `guest.question: allowed is ${Object.keys(commands).join(", ")}, not ${JSON.stringify(question.slice(0, 50))}`,
    );
  try {
    const answer = await hypervisor.guest.agentCommand(domain, JSON.stringify({ execute }), {
      signal,
      timeoutSeconds: 10,
    });
    if (answer.length > longestAnswer) throw new CkeError("resource_exhausted", "the guest's answer is too long");
    return answer;
  } catch (error) {
    if (isLibvirtError(error, "agent-unresponsive", "agent-unsynced", "argument-unsupported"))
      throw new CkeError(
        "unavailable",
        "no agent in the guest answers: set devices.agent, and install and start qemu-guest-agent in the guest",
        { cause: error },
      );
    throw error;
  }
}
