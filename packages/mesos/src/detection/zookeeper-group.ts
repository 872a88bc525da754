// The ZooKeeper side of finding the leading master: the children of one path, and what one of them holds. One session; when
// it is lost another is opened by whoever uses this. Loads the client library only when it is called.
import { CkeError, messageOf } from "@cke/foundation";
import { type HostAndPort, hostAndPortText } from "./master-address.ts";
import { breakZooKeeperConnection, tameZooKeeperClient } from "./zookeeper-client.ts";

export interface ZooKeeperGroup {
  /** Names of the children; `changed` is called at most once, when they may have changed. */
  children(changed: () => void): Promise<readonly string[]>;
  /** What a child holds; undefined when it is gone. */
  data(name: string): Promise<Uint8Array | undefined>;
  close(): void;
}

export interface ZooKeeperGroupOptions {
  /** One at a time: the client library waits for ever for a server that took the connection and hangs. */
  readonly server: HostAndPort;
  /** "/mesos"; a chroot of the ensemble is simply the front of it. */
  readonly path: string;
  /** Longest wait for a connection, in milliseconds. */
  readonly timeoutMs: number;
}

const sessionTimeoutMs = 10_000;
const farewellMs = 1_000;

/** Connects; rejects with a retryable CkeError `zookeeper_unreachable`. `lost` is called when the session is over. */
export async function openZooKeeperGroup(
  { server, path, timeoutMs }: ZooKeeperGroupOptions,
  lost: () => void,
): Promise<ZooKeeperGroup> {
  const { createClient, Exception } = (await import("node-zookeeper-client")).default;
  const client = createClient(hostAndPortText(server), {
    sessionTimeout: sessionTimeoutMs,
    spinDelay: 500,
  });
  tameZooKeeperClient(client);
  let closed = false;
  const close = () => {
    if (closed) return;
    closed = true;
    client.close();
    // A server that hangs never answers the farewell, and its connection would stay for ever.
    setTimeout(() => breakZooKeeperConnection(client), farewellMs).unref();
  };
  await new Promise<void>((resolve, reject) => {
    const fail = (problem: string) => {
      clearTimeout(timer);
      close();
      reject(unreachable(server, problem));
    };
    const timer = setTimeout(() => fail(`no session within ${timeoutMs / 1000} s`), timeoutMs);
    const refused = () => fail("the connection was refused or broke");
    client.once("disconnected", refused);
    client.once("connected", () => {
      clearTimeout(timer);
      client.removeListener("disconnected", refused);
      resolve();
    });
    client.connect();
  });
  client.on("expired", () => !closed && lost());
  client.on("disconnected", () => !closed && lost());
  let onChange = () => {};
  // One function for all questions: the library keeps every different one until something changes.
  const watcher = () => onChange();
  const codeOf = (error: object) => ("code" in error && typeof error.code === "number" ? error.code : undefined);
  return {
    close,
    children: (changed) =>
      new Promise((resolve, reject) => {
        onChange = changed;
        const refuse = (error: object) => reject(unreachable(server, messageOf(error)));
        client.getChildren(path, watcher, (error, names) => {
          if (error === null || error === undefined) resolve(names);
          else if (codeOf(error) !== Exception.NO_NODE) refuse(error);
          // Only this leaves a watch for a path that is not there yet.
          else
            client.exists(path, watcher, (problem) =>
              problem === null || problem === undefined ? resolve([]) : refuse(problem),
            );
        });
      }),
    data: (name) =>
      new Promise((resolve, reject) => {
        client.getData(`${path === "/" ? "" : path}/${name}`, (error, bytes) => {
          if (error === null || error === undefined) resolve(bytes);
          else if (codeOf(error) === Exception.NO_NODE) resolve(undefined);
          else reject(unreachable(server, messageOf(error)));
        });
      }),
  };
}

function unreachable(server: HostAndPort, problem: string): CkeError {
  return new CkeError("zookeeper_unreachable", `ZooKeeper ${hostAndPortText(server)} does not answer: ${problem}`, {
    retryable: true,
    status: 503,
  });
}
