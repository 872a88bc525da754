// The body of a VM with the tiny guest (scripts/guests/tiny).
import { guestCommandLine, tinyGuest } from "@cke/test-servers";

/** The same with QEMU's guest agent in it. */
export async function tinyVmWithAgent(more: object = {}, words = ""): Promise<object> {
  const { agentInitrd } = await tinyGuest();
  return await tinyVm({ ...more, boot: { initrd: `file://${agentInitrd}` } }, words);
}

/** A guest that boots in seconds from its kernel. `words`: further ones for its kernel's command line. */
export async function tinyVm(more: object = {}, words = ""): Promise<object> {
  const { kernel, initrd } = await tinyGuest();
  return {
    cpus: 1,
    mem: 128,
    bootType: "kernel",
    ...more,
    boot: {
      kernel: `file://${kernel}`,
      initrd: `file://${initrd}`,
      commandLine: `${guestCommandLine}${words === "" ? "" : ` ${words}`}`,
      ...("boot" in more && typeof more.boot === "object" ? more.boot : {}),
    },
  };
}
