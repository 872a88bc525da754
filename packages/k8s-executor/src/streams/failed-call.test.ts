import { expect, test } from "vitest";
import { failedCall } from "./failed-call.ts";

const silent = "the wrapper in the container gave no answer within 60 s";
const gone = "the wrapper in the container cannot be reached";

test.each([
  [4, "Deadline exceeded after 10.006s, name resolution: 0.012s, metadata filters: 0.003s", "deadline", silent],
  [14, "No connection established. Last error: connect ENOENT /run/cke/x/wrapper.sock", "unavailable", gone],
  [14, "Connection dropped", "unavailable", gone],
  [13, "Received RST_STREAM with code 2 triggered by internal client error: read ECONNRESET", "unavailable", gone],
  [1, "Cancelled on client", "unavailable", gone],
  [
    14,
    "the wrapper is stopping: nothing can be started",
    "unavailable",
    "the wrapper is stopping: nothing can be started",
  ],
  [
    14,
    "Stream refused by server",
    "resource-exhausted",
    "too many calls are open in this node: end some of them first",
  ],
  [
    12,
    "The server does not implement the method /cke.wrapper.v1.Wrapper/New",
    "unimplemented",
    "the wrapper in this container is of an earlier version and does not know this call",
  ],
  [3, "start.user: is wrong", "invalid-argument", "start.user: is wrong"],
  [8, "512 tunnel calls are open", "resource-exhausted", "512 tunnel calls are open"],
  [13, "a fault", "other", "a fault"],
  [5, "name: there is no process etcd", "not-found", "name: there is no process etcd"],
  [
    9,
    "cannot start /x: no such file or directory (ENOENT)",
    "failed-precondition",
    "cannot start /x: no such file or directory (ENOENT)",
  ],
])("code %i, %s", (code, details, status, words) => {
  expect(failedCall(code, details, 60_000)).toEqual({ status, words });
});
