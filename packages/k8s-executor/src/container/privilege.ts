// Finds out whether the Docker engine can give a container all capabilities. On nested machines CAP_SYS_RESOURCE is missing from the
// bounding set of every process, and `--privileged` fails there. The engine's answer is kept until the host is booted again.
import type { Privilege } from "./container-spec.ts";
import type { Host } from "./host.ts";

const sysResource = 24n; // capability number, linux/capability.h

/** True when a /proc/<pid>/status text has CAP_SYS_RESOURCE in its bounding set. */
export function boundingSetHasSysResource(status: string): boolean {
  const set = /^CapBnd:\s*([0-9a-f]+)$/im.exec(status)?.[1];
  return set !== undefined && ((BigInt(`0x${set}`) >> sysResource) & 1n) === 1n;
}

/** Which privilege to try first, and what was learnt from the engine's answer. */
export class PrivilegeMemory {
  readonly #host: Host;
  readonly #file: string;

  constructor(host: Host, runBase: string) {
    this.#host = host;
    this.#file = `${runBase}/privilege`;
  }

  /**
   * What the engine answered to an earlier node since the host was booted; else `full` if this process itself could have
   * the capability. The reduced set works everywhere, so a wrong guess in its favour costs nothing but CAP_SYS_RESOURCE.
   */
  async first(): Promise<Privilege> {
    const [boot = "", learnt = ""] = ((await this.#host.readText(this.#file)) ?? "").split("\n");
    if (boot !== "" && boot === (await this.#bootId())) return learnt === "full" ? "full" : "reduced";
    const status = await this.#host.readText("/proc/self/status");
    return status === undefined || boundingSetHasSysResource(status) ? "full" : "reduced";
  }

  async learnt(privilege: Privilege): Promise<void> {
    await this.#host.writeText(this.#file, `${await this.#bootId()}\n${privilege}\n`);
  }

  async #bootId(): Promise<string> {
    return ((await this.#host.readText("/proc/sys/kernel/random/boot_id")) ?? "").trim();
  }
}
