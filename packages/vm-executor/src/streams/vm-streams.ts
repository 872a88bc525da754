// The streams of a channel into the executor's VM: its screen, its serial console, its network, its files, and calls.
import { connect } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import type { FilePart, UnitCommand, UnitStreams } from "@cke/executor-core";
import { CkeError, type Clock } from "@cke/foundation";
import type {
  ExecStart,
  FileRequest,
  FilesRequest,
  FilesResponseInit,
  RunProbeResponseInit,
  TunnelTarget,
  UnitCall,
  UnitCallAnswerInit,
} from "@cke/protocol";
import { answerCall, migrateCall } from "../calls/vm-calls.ts";
import { consoleLogOf, seedNics, socketsOf } from "../guest/preparation.ts";
import { migrationSocket } from "../migration/migration-messages.ts";
import type { VmWithTask } from "../shutdown/vm-end.ts";
import { disksSocket, type Transfer } from "../transfer/transfer.ts";
import { consoleCommand } from "./console-command.ts";
import { SerialConsole } from "./serial-console.ts";
import { listFiles, readFile, type VmFileSources } from "./vm-files.ts";

export interface VmStreamsOptions {
  /** The VM, once it is launched. */
  readonly vm: () => VmWithTask | undefined;
  /** In the place of a VM, when this executor moves disks. */
  readonly transfer?: () => Pick<Transfer, "tunnel" | "call"> | undefined;
  /** One side of a guest that moves while it runs. */
  readonly migration?: () => MovingGuest | undefined;
  readonly clock: Clock;
}

export interface MovingGuest {
  tunnel(): Promise<Duplex>;
  call(action: string, plan: string, signal: AbortSignal): AsyncIterable<UnitCallAnswerInit>;
}

const connectMs = 10_000;
const consoleWords: readonly string[] = ["serial", "console"];

export class VmStreams implements UnitStreams {
  readonly #options: VmStreamsOptions;
  readonly #console = new SerialConsole();

  constructor(options: VmStreamsOptions) {
    this.#options = options;
  }

  /** The command `serial` is the guest's serial console. Others would run in the guest, where the executor has no way into. */
  exec({ command }: ExecStart, signal: AbortSignal): UnitCommand {
    const [word = "serial", ...others] = command;
    const opened =
      others.length === 0 && consoleWords.includes(word)
        ? this.#serial(signal)
        : Promise.reject(
            new CkeError(
              "invalid_argument",
              "exec: a virtual machine has the command serial alone; log in there, or over ssh",
            ),
          );
    return consoleCommand(opened);
  }

  /** UNIX sockets `vnc` and `serial`, or a TCP address of the guest. */
  async tunnel({ target }: TunnelTarget, signal: AbortSignal): Promise<Duplex> {
    if (target?.kind === "unixSocket" && target.value === disksSocket) {
      const transfer = this.#options.transfer?.();
      if (transfer === undefined)
        throw new CkeError(
          "failed_precondition",
          "tunnel: this executor runs the virtual machine, and does not move disks",
        );
      return await transfer.tunnel(signal);
    }
    if (target?.kind === "unixSocket" && target.value === migrationSocket) return await this.#migration().tunnel();
    const vm = this.#running();
    if (target?.kind === "unixSocket") {
      if (target.value === "serial") return await this.#serial(signal);
      if (target.value === "vnc") {
        if (vm.machine.guest?.metadata.definition.devices?.vnc !== true)
          throw new CkeError(
            "failed_precondition",
            "the virtual machine has no screen: set devices.vnc; it follows with the next start",
          );
        return await dial({ path: socketsOf(vm.place).vnc }, signal);
      }
      throw new CkeError("invalid_argument", "tunnel: allowed sockets are vnc and serial");
    }
    const [, host = "", port] = /^\[?([0-9A-Fa-f.:]+)\]?:(\d{1,5})$/.exec(target?.value ?? "") ?? [];
    const addresses = vm.machine.facts.nics.flatMap((nic) => nic.addresses ?? []);
    // Only into the guest: what else this host can reach is none of a client's business.
    if (!addresses.includes(host))
      throw new CkeError(
        "invalid_argument",
        `tunnel: allowed is <address>:<port> with an address of the guest (${addresses.join(", ") || "none is known yet"})`,
      );
    return await dial({ host, port: Number(port) }, signal);
  }

  file(request: FileRequest, signal: AbortSignal): AsyncIterable<FilePart> {
    return readFile(request, this.#sources(), this.#options.clock, signal);
  }

  async files(request: FilesRequest): Promise<FilesResponseInit> {
    return await listFiles(request, this.#sources());
  }

  async probe(): Promise<RunProbeResponseInit> {
    throw new CkeError("unimplemented", "a virtual machine has no probes");
  }

  call({ request }: UnitCall, signal: AbortSignal): AsyncIterable<UnitCallAnswerInit> {
    const migrate = migrateCall(request);
    if (migrate !== undefined) return this.#migration().call(migrate.action, migrate.plan, signal);
    const transfer = this.#options.transfer?.();
    if (transfer !== undefined) return transfer.call(request, signal);
    return answerCall(request, this.#options.vm(), this.#options.clock, signal);
  }

  failureCode(): string {
    return "internal";
  }

  /** Ends every view of the console. */
  close(): void {
    this.#console.close();
  }

  async #serial(signal: AbortSignal): Promise<Duplex> {
    return await this.#console.open(socketsOf(this.#running().place).serial, signal);
  }

  #migration(): MovingGuest {
    const moving = this.#options.migration?.();
    if (moving === undefined)
      throw new CkeError("failed_precondition", "this executor has no guest that moves while it runs");
    return moving;
  }

  #running(): VmWithTask {
    const vm = this.#options.vm();
    if (vm?.machine.guest !== undefined) return vm;
    throw new CkeError(
      "unavailable",
      "the virtual machine's guest does not run; the state of the virtual machine says why",
    );
  }

  #sources(): VmFileSources {
    const vm = this.#options.vm();
    if (vm === undefined) throw new CkeError("unavailable", "the virtual machine is not launched yet");
    const { place, parts, machine, domainLogDirectory } = vm;
    const { seed, nics } = machine.definition;
    return {
      consoleLog: consoleLogOf(place),
      domainLog: join(domainLogDirectory, `${machine.domainName}.log`),
      seed: () =>
        seed === undefined
          ? new Map()
          : parts.seeds.describe({ seed, nics: seedNics(nics, place, parts.networks), place }),
    };
  }
}

/** Resolves when it is connected. Throws CkeError `unavailable`. */
async function dial(
  to: { readonly path: string } | { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<Duplex> {
  signal.throwIfAborted();
  const socket = connect({ ...to, allowHalfOpen: true });
  const end = () => socket.destroy();
  signal.addEventListener("abort", end, { once: true });
  socket.once("close", () => signal.removeEventListener("abort", end));
  await new Promise<void>((resolve, reject) => {
    const fail = (cause: unknown) =>
      reject(
        new CkeError("unavailable", "the virtual machine does not take the connection: does its guest listen there?", {
          cause,
        }),
      );
    const timer = setTimeout(() => {
      fail(undefined);
      socket.destroy();
    }, connectMs);
    socket.once("connect", () => {
      clearTimeout(timer);
      resolve();
    });
    socket.once("error", (error) => {
      clearTimeout(timer);
      fail(error);
    });
    socket.once("close", () => {
      clearTimeout(timer);
      fail(undefined);
    });
  });
  socket.on("error", () => {});
  return socket;
}
