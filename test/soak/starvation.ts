// Takes the machine's time away from CKE: busy loops in a container of their own, with more weight than all nodes'
// containers. They stop by themselves, also when the test dies. Other programs on the machine lose no more than one
// container's share.
import { cpus } from "node:os";
import { command } from "../../scripts/up/progress/stage.ts";

/** Loops for each processor. */
const loopsPerCpu = 8;
/**
 * CPU shares of a loop: as many as any program has. The nodes of the example have about 2,000 together, so all of CKE
 * counts like two loops. CKE_LOOP_SHARES: fewer shares, for a machine on which other work starves CKE already.
 */
const sharesPerLoop = Number(process.env.CKE_LOOP_SHARES ?? 1_024);

export class Starvation {
  readonly #name: string;
  readonly #image: string;

  /** `image`: any image with sh, seq and timeout. */
  constructor(name: string, image: string) {
    this.#name = name;
    this.#image = image;
  }

  /** `limitSeconds`: after this time the loops end by themselves. */
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
