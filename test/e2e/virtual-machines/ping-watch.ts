// Listens to the pings of a guest on a bridge of this machine. A guest that ran twice would ask the same question twice.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** Prints size, id and sequence number of each ICMP echo request from this address. */
const listen = `
import socket, struct, sys
link, source = sys.argv[1], socket.inet_aton(sys.argv[2])
wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
wire.bind((link, 0))
print("listening", flush=True)
while True:
    packet, (_, _, kind, _, _) = wire.recvfrom(65535)
    header = (packet[0] & 15) * 4
    if kind == 4 or packet[9] != 1 or packet[12:16] != source or packet[header] != 8: continue
    print(len(packet), *struct.unpack("!HH", packet[header + 4:header + 8]), flush=True)
`;

export class PingWatch {
  readonly #process: ChildProcessByStdio<null, Readable, null>;
  readonly #asked = new Map<string, number>();

  private constructor(link: string, address: string) {
    this.#process = spawn("python3", ["-uc", listen, link, address], { stdio: ["ignore", "pipe", "inherit"] });
    createInterface({ input: this.#process.stdout }).on("line", (line) => {
      if (!/^\d/.test(line)) return;
      this.#asked.set(line, (this.#asked.get(line) ?? 0) + 1);
    });
  }

  /** `link`: of the bridge. `address`: of the guest. */
  static async start(link: string, address: string): Promise<PingWatch> {
    const watch = new PingWatch(link, address);
    await once(watch.#process.stdout, "data");
    return watch;
  }

  /** Questions so far. */
  get count(): number {
    return this.#asked.size;
  }

  /** Throws when a question was asked twice. Each ping needs a size of its own. */
  check(): void {
    const twice = [...this.#asked].filter(([, count]) => count > 1).map(([question]) => question);
    if (twice.length > 0)
      throw new Error(`two guests ran at once: size, id and number of what both asked: ${twice.join("; ")}`);
  }

  stop(): void {
    this.#process.kill();
  }
}
