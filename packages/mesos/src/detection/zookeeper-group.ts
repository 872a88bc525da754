// The ZooKeeper side of finding the leading master: the children of one path, and what one of them holds. One session; when
// it is lost, the caller opens another one. Loads the client library only when it is called.
import { CkeError, messageOf } from "@cke/foundation";
import { type HostAndPort, hostAndPortText } from "./master-address.ts";

export interface ZooKeeperGroup {
  /** Names of the children; `changed` is called at most once, when they may have changed. */
  children(changed: () => void): Promise<readonly string[]>;
  /** What a child holds; undefined when it is gone. */
  data(name: string): Promise<Uint8Array | undefined>;
  close(): void;
}

export interface ZooKeeperGroupOptions {
  /** One at a time: which server is next is decided by whoever opens groups. */
  readonly server: HostAndPort;
  /** "/mesos"; a chroot of the ensemble is simply the front of it. */
  readonly path: string;
  /** Longest wait for a connection or an answer, in milliseconds. */
  readonly timeoutMs: number;
}

const sessionMs = 10_000;

/** Connects; rejects with a retryable CkeError `zookeeper_unreachable`. `lost` is called when the connection is lost. */
export async function openZooKeeperGroup(
  { server, path, timeoutMs }: ZooKeeperGroupOptions,
  lost: () => void,
): Promise<ZooKeeperGroup> {
  const { ZooKeeperRefused, ZooKeeperSession } = await import("@cke/zookeeper");
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => {});
  const session = new ZooKeeperSession({
    servers: [hostAndPortText(server)],
    sessionMs,
    timeoutMs,
    disconnected: () => {
      broken.reject(new Error("the connection was refused or broke"));
      if (!session.ended) lost();
    },
  });
  const told = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      return await answer;
    } catch (error) {
      throw unreachable(messageOf(error), error);
    }
  };
  try {
    await told(Promise.race([session.connected(), broken.promise]));
  } catch (error) {
    session.close();
    throw error;
  }
  let onChange = () => {};
  // One function for all questions: the library keeps every different one until something changes.
  const watcher = () => onChange();
  const children = async (): Promise<readonly string[]> => {
    try {
      return await session.children(path, watcher);
    } catch (error) {
      if (!(error instanceof ZooKeeperRefused) || error.reason !== "no_node") throw error;
      // Only this leaves a watch for a path that is not there yet.
      await session.exists(path, watcher);
      return [];
    }
  };
  return {
    close: () => session.close(),
    children: (changed) => {
      onChange = changed;
      return told(children());
    },
    data: (name) => told(session.get(`${path === "/" ? "" : path}/${name}`).then((node) => node?.data)),
  };
}

function unreachable(problem: string, cause: unknown): CkeError {
  return new CkeError("zookeeper_unreachable", problem, { retryable: true, status: 503, cause });
}
