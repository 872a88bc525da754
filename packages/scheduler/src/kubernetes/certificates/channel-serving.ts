// The certificate of a master's API server over the channel of its executor: what it shows on its loopback, and its file in the node.
import type { X509Certificate } from "node:crypto";
import { boundedText, CkeError } from "@cke/foundation";
import type { Channel } from "../../channel/channel.ts";
import type { WorkloadChannels } from "../../channel/workload-channels.ts";
import type { MasterConnections } from "../access/master-connections.ts";
import type { LateMaster } from "../load-balancer/api-vip.ts";
import type { IssuedCertificate, ServingMasters } from "./serving-certificates.ts";

export interface ChannelServingParts {
  readonly masters: Pick<MasterConnections, "connect">;
  readonly channels: {
    open(...unit: Parameters<WorkloadChannels["open"]>): Promise<Pick<Channel, "exec" | "executorId">>;
  };
}

/** What came is counted: of a connection that breaks nothing is left, and a file that is there is whole. */
const script = `umask 077
trap 'rm -f "$1.new"' EXIT
cat >"$1.new" && [ "$(wc -c <"$1.new")" -eq "$2" ] && mv -f "$1.new" "$1"`;
const maxWordsBytes = 500;

export class ChannelServing implements ServingMasters {
  readonly #parts: ChannelServingParts;

  constructor(parts: ChannelServingParts) {
    this.#parts = parts;
  }

  async shown(cluster: string, master: string, signal: AbortSignal): Promise<X509Certificate> {
    const target = { cluster, service: "apiserver", identity: "caller", master } as const;
    const connection = await this.#parts.masters.connect(target, signal);
    try {
      const certificate = connection.getPeerX509Certificate();
      if (certificate === undefined) throw new CkeError("certificate_missing", "its API server shows no certificate");
      return certificate;
    } finally {
      connection.destroy();
    }
  }

  async replace(
    cluster: string,
    { unit, executorId }: Pick<LateMaster, "unit" | "executorId">,
    { path, pem }: Pick<IssuedCertificate, "path" | "pem">,
    signal: AbortSignal,
  ): Promise<void> {
    const content = new TextEncoder().encode(pem);
    const channel = await this.#parts.channels.open(cluster, unit, signal);
    if (channel.executorId !== executorId)
      throw new CkeError(
        "executor_replaced",
        `${unit} was launched again meanwhile: the certificate is for its key of before`,
      );
    const command = ["/bin/sh", "-c", script, "sh", path, String(content.length)];
    const stream = await channel.exec({ command }, signal);
    await stream.write(content);
    await stream.endInput();
    let words = "";
    for await (const event of stream.events()) {
      if (event.kind === "stderr")
        words = boundedText(words + Buffer.from(event.data).toString(), { maxBytes: maxWordsBytes });
      else if (event.kind === "exit" && event.code !== 0)
        throw new CkeError("file_failed", `${path} cannot be written: ${words.trim() || `exit code ${event.code}`}`);
    }
  }
}
