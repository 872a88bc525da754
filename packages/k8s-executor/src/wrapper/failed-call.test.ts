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
  [5, "name: there is no process etcd", "not-found", "name: there is no process etcd"],
  [
    9,
    "cannot start /x: no such file or directory (ENOENT)",
    "other",
    "cannot start /x: no such file or directory (ENOENT)",
  ],
])("code %i, %s", (code, details, status, words) => {
  expect(failedCall(code, details, 60_000)).toEqual({ status, words });
});
