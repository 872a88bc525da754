// Calls to etcd. A call goes to one server: to the one that answered last, and after a failure to the next one. Every call
// ends within a time: `timeoutMs`, twice that on a new connection. After a failure the server's client is closed and later made
// anew, which also gets a new authentication token.
import { rootCertificates } from "node:tls";
import { messageOf } from "@cke/foundation";
import { Etcd3, type IOptions } from "etcd3";
import { StoreError } from "../store.ts";

export interface EtcdClientOptions {
  /** `http://host:port` or `https://host:port`, all with the same scheme. */
  readonly servers: readonly string[];
  readonly tls?: { readonly ca?: Buffer; readonly certificate?: Buffer; readonly key?: Buffer };
  readonly auth?: { readonly user: string; readonly password: string };
  /** Milliseconds for one call to one server. */
  readonly timeoutMs: number;
}

export interface EtcdCall {
  readonly client: Etcd3;
  /** The caller passes these to etcd3: they carry the call's deadline. */
  readonly options: { readonly deadline: number };
}

type Policy = NonNullable<NonNullable<IOptions["faultHandling"]>["global"]>;

/** Turns etcd3's own retries and circuit breakers off, because EtcdClient decides what is tried again and at which server. */
class Once implements Policy {
  readonly onSuccess = () => ({ dispose: () => {} });
  readonly onFailure = () => ({ dispose: () => {} });

  get _altReturn(): never {
    throw new TypeError("exists for types only");
  }

  async execute<T>(work: (context: { signal: AbortSignal }) => PromiseLike<T> | T, signal?: AbortSignal): Promise<T> {
    return work({ signal: signal ?? new AbortController().signal });
  }
}

/** Texts of refusals that another server, or another try, would give too. */
const refusals =
  /permission denied|authentication failed|invalid user ID or password|user name is empty|authentication is not enabled|too many operations|request is too large|duplicate key|has been compacted/i;
/** Texts of failed TLS handshakes. They concern one server, so the next one may do better. */
const distrust = /certificate|self.signed|wrong version number|\balert\b|EPROTO/i;

export class EtcdClient {
  readonly #options: EtcdClientOptions;
  readonly #clients: (Etcd3 | undefined)[];
  /** Clients that have had an answer, so that they have a connection. */
  readonly #connected = new WeakSet<Etcd3>();
  #present = 0;
  /** Number of failed TLS handshakes since the last answer. */
  #distrusted = 0;
  #closed = false;

  constructor(options: EtcdClientOptions) {
    this.#options = options;
    this.#clients = options.servers.map(() => undefined);
  }

  get where(): string {
    return `etcd ${this.#options.servers.join(",")}`;
  }

  /**
   * Runs one call. Rejects with `store_unavailable` when the server does not answer in time (it may have carried the call out
   * all the same), with `store_refused` for refusals that another try cannot change, with `store_full` when etcd has no space.
   */
  async call<T>(work: (call: EtcdCall) => Promise<T>): Promise<T> {
    if (this.#closed) throw new StoreError("store_closed", "the storage is closed");
    const index = this.#present;
    const client = this.#clients[index] ?? this.#make(index);
    this.#clients[index] = client;
    // A new connection needs an answer of its own before the call. With the time of one call a slow server could never be
    // reached.
    const timeoutMs = this.#options.timeoutMs * (this.#connected.has(client) ? 1 : 2);
    const late = Promise.withResolvers<never>();
    // etcd3 keeps the deadline, except while it asks for an authentication token. This timer ends the wait then too.
    const timer = setTimeout(() => late.reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs + 250);
    try {
      const answer = work({ client, options: { deadline: Date.now() + timeoutMs } });
      answer.catch(() => {});
      const result = await Promise.race([answer, late.promise]);
      this.#connected.add(client);
      this.#distrusted = 0;
      return result;
    } catch (error) {
      if (error instanceof StoreError) throw error;
      const server = this.#options.servers[index] ?? "";
      const words = plainWords(messageOf(error));
      const told = `etcd ${server}: ${words}${hint(words)}`;
      if (/space exceeded/i.test(words)) throw new StoreError("store_full", told, { cause: error });
      if (refusals.test(words)) throw new StoreError("store_refused", told, { cause: error });
      this.#leave(index, client);
      if (distrust.test(words)) {
        this.#distrusted += 1;
        const all = this.#distrusted >= this.#options.servers.length;
        throw new StoreError(all ? "store_refused" : "store_unavailable", told, { cause: error });
      }
      throw new StoreError("store_unavailable", `etcd ${server} does not answer: ${words}`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#closed = true;
    for (const [index, client] of this.#clients.entries()) {
      if (client !== undefined) closeClient(client);
      this.#clients[index] = undefined;
    }
  }

  #leave(index: number, client: Etcd3): void {
    if (this.#clients[index] !== client) return;
    this.#clients[index] = undefined;
    if (this.#present === index) this.#present = (index + 1) % this.#clients.length;
    closeClient(client);
  }

  #make(index: number): Etcd3 {
    const { servers, tls, auth, timeoutMs } = this.#options;
    const options: IOptions = {
      hosts: [servers[index] ?? ""],
      faultHandling: { global: new Once(), host: () => new Once() },
      grpcOptions: {
        "grpc.max_receive_message_length": -1,
        "grpc.initial_reconnect_backoff_ms": 100,
        "grpc.max_reconnect_backoff_ms": 1_000,
        // By default gRPC shares connections between clients with the same options. A new client must get a new connection.
        "grpc.use_local_subchannel_pool": 1,
      },
    };
    if (tls !== undefined) {
      options.credentials = {
        rootCertificate: tls.ca ?? Buffer.from(rootCertificates.join("\n")),
        ...(tls.certificate === undefined ? {} : { certChain: tls.certificate }),
        ...(tls.key === undefined ? {} : { privateKey: tls.key }),
      };
    }
    if (auth !== undefined) {
      options.auth = {
        username: auth.user,
        password: auth.password,
        callOptions: () => ({ deadline: Date.now() + timeoutMs }),
      };
    }
    return new Etcd3(options);
  }
}

function closeClient(client: Etcd3): void {
  try {
    client.close();
  } catch {
    // A client that is still connecting may throw here. Its connection ends all the same.
  }
}

/** The message in one line, without the parts that gRPC and OpenSSL add for their own authors. */
function plainWords(text: string): string {
  return text
    .replaceAll(/\s+/g, " ")
    .replaceAll(/[0-9A-F]{16}:error:[0-9A-F]+:|:\.\.\/deps\S*|\bS?SL alert number \d+/g, "")
    .replace(/ ?(\(\d{4}-[^)]*Z\)\.?)? ?\.? ?Resolution note: ?/, "")
    .replace(/^\d+ UNAVAILABLE: /, "")
    .replace(/No connection established\. Last error: (Error: )?/, "")
    .replace(/; if the root CA is installed locally, try running Node\.js with --use-system-ca\.?/, "")
    .trim();
}

function hint(words: string): string {
  if (/permission denied/i.test(words)) return "; give the user of -storage_user read and write on -storage_prefix";
  if (/user name is empty/i.test(words)) return "; give -storage_user and -storage_password_file";
  if (/not enabled/i.test(words)) return "; leave -storage_user out, or enable authentication in etcd";
  if (distrust.test(words)) {
    return "; look at -storage_ca_file, -storage_cert_file and at http:// or https:// in -storage_servers";
  }
  if (/space exceeded/i.test(words))
    return "; defragment etcd or raise its --quota-backend-bytes, then disarm its alarm (etcdctl alarm disarm)";
  if (/too many|too large/i.test(words)) return "; let etcd keep its default limits or raise them";
  return "; look at -storage_user and -storage_password_file";
}
