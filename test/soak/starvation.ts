// A machine that has no time for CKE: busy loops in a container of their own, beside the nodes' containers and heavier than all
// of them. They stop by themselves, also when the test dies. Others on this machine lose no more than a container's share.
import { cpus } from "node:os";
import { command } from "../../scripts/up/progress/stage.ts";

/** Loops for each processor. */
const loopsPerCpu = 8;
/**
 * Of a loop: as much as any program has. The nodes of the example have some 2,000 together, so all of CKE is like two
 * loops. CKE_LOOP_SHARES: fewer, where other work starves it already.
 */
const sharesPerLoop = Number(process.env.CKE_LOOP_SHARES ?? 1_024);

export class Starvation {
  readonly #name: string;
  readonly #image: string;

  /** `image`: any with sh, seq and timeout. */
  constructor(name: string, image: string) {
    this.#name = name;
    this.#image = image;
  }

  /** `limitSeconds`: when the loops end by themselves. */
  async start(limitSeconds: number): Promise<number> {
    const loops = cpus().length * loopsPerCpu;
    const script = `for i in $(seq ${loops}); do (while :; do :; done) & done; wait`;
    await command("docker", [
      ...["run", "-d", "--rm", "--name", this.#name, "--label", `cke.test=${this.#name}`, "--network", "none"],
      ...["--cpu-shares", String(loops * sharesPerLoop), "--entrypoint", "timeout"],
      ...[this.#image, String(limitSeconds), "sh", "-c", script],
    ]);
    return loops;
  }

  async stop(): Promise<void> {
    await command("docker", ["rm", "-f", this.#name]).catch(() => "");
  }
}
