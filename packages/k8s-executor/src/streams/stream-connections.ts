// The connections that carry the streams of a node. Invariant: no connection carries so many calls that their cancellations could end it: a
// HTTP/2 server of Node takes about 1,000 cancelled calls in a row for an attack and closes the connection with all that it carries.
import type { Client } from "@grpc/grpc-js";
import { WrapperError } from "./wrapper-error.ts";

type Grpc = typeof import("@grpc/grpc-js");

/** Longest message that a wrapper may send: 64 KiB of data and what is around it. */
const longestMessageBytes = 128 * 1024;
const pingMs = 10_000;
const pingTimeoutMs = 30_000;
/** What a wrapper may send ahead on one stream. With what gRPC reads ahead (16 messages) a stream that stands still holds less than 1 MiB. */
const windowBytes = 128 * 1024;
/** Then the next call gets a new connection, and this one is closed with its last call. */
const callsPerConnection = 500;
/** Of all kinds. The wrapper has bounds of its own, by kind. */
const openCallsBound = 1_024;

interface Connection {
  readonly client: Client;
  opened: number;
  open: number;
  retired: boolean;
}

/** The part of a call that tells of its end. */
interface EndingCall {
  once(event: "status", listener: () => void): unknown;
}

export class StreamConnections {
  readonly #grpc: Grpc;
  readonly #socketPath: string;
  readonly #connections = new Set<Connection>();
  #newest: Connection | undefined;
  #openCalls = 0;
  #closed = false;

  constructor(grpc: Grpc, socketPath: string) {
    this.#grpc = grpc;
    this.#socketPath = socketPath;
  }

  /** Makes a call on a connection. Throws WrapperError when there are too many, or the node is being ended. */
  call<Call extends EndingCall>(make: (client: Client) => Call): Call {
    if (this.#closed) throw new WrapperError("unavailable", "this node is being ended");
    if (this.#openCalls >= openCallsBound) {
      const words = `${openCallsBound} streams into this node are open, and no more are allowed: end some of them first`;
      throw new WrapperError("resource-exhausted", words);
    }
    const connection = this.#connection();
    const call = make(connection.client);
    connection.opened += 1;
    connection.open += 1;
    this.#openCalls += 1;
    call.once("status", () => {
      connection.open -= 1;
      this.#openCalls -= 1;
      this.#closeUnused(connection);
    });
    return call;
  }

  /** Ends every call. */
  close(): void {
    this.#closed = true;
    for (const { client } of this.#connections) client.close();
    this.#connections.clear();
  }

  #connection(): Connection {
    const present = this.#newest;
    if (present !== undefined && present.opened < callsPerConnection) return present;
    const connection = { client: this.#connect(), opened: 0, open: 0, retired: false };
    this.#connections.add(connection);
    this.#newest = connection;
    if (present !== undefined) {
      present.retired = true;
      this.#closeUnused(present);
    }
    return connection;
  }

  #closeUnused(connection: Connection): void {
    if (!connection.retired || connection.open > 0 || !this.#connections.delete(connection)) return;
    connection.client.close();
  }

  #connect(): Client {
    return new this.#grpc.Client(`unix://${this.#socketPath}`, this.#grpc.credentials.createInsecure(), {
      "grpc.initial_reconnect_backoff_ms": 100,
      "grpc.min_reconnect_backoff_ms": 100,
      "grpc.max_reconnect_backoff_ms": 2_000,
      "grpc.max_receive_message_length": longestMessageBytes,
      "grpc.keepalive_time_ms": pingMs,
      "grpc.keepalive_timeout_ms": pingTimeoutMs,
      "grpc-node.flow_control_window": windowBytes,
      "grpc.enable_http_proxy": 0,
      "grpc.enable_channelz": 0,
      // A connection of its own, and no copies of messages for attempts that a stream cannot repeat.
      "grpc.use_local_subchannel_pool": 1,
      "grpc.enable_retries": 0,
    });
  }
}
