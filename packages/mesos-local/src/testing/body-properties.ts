// What holds for every body that is posted to the embedded Mesos: it is answered, never with an exception, and the books of
// the master stay right.
import { CkeError } from "@cke/foundation";
import { loadRecording, recordingNames } from "@cke/mesos/testing/recording";
import { almostText, forAll } from "@cke/mesos/testing/wire-arbitraries";
import { readExecutorCall } from "../agent/executor-api.ts";
import type { HttpRequest } from "../http/server.ts";
import { schedulerEndpoint } from "../master/scheduler-endpoint.ts";
import { MasterFixture } from "../master/testing/master-fixture.ts";

/** Bodies of the recordings in `directory` that were posted to paths that end in `path`. */
function bodiesOf(directory: string, path: string): unknown[] {
  return recordingNames(directory)
    .flatMap((name) => loadRecording(directory, name).exchanges)
    .filter(({ request }) => request.path.endsWith(path) && request.body !== undefined && request.body !== null)
    .map(({ request }) => JSON.parse(JSON.stringify(request.body, numbers)));
}

const numbers = (_key: string, value: unknown) => (typeof value === "bigint" ? Number(value) : value);

/** A body for the executor API is read, or refused with status 400 and words. */
export function executorBodiesAreAnswered(directory: string, cases: number): void {
  forAll(almostText(bodiesOf(directory, "/api/v1/executor")), cases, (text) => {
    try {
      readExecutorCall(text);
    } catch (error) {
      if (!(error instanceof CkeError) || error.status !== 400) throw error;
    }
  });
}

const allowed = new Set([200, 202, 400, 403, 406, 415, 501]);

/** A body for the scheduler API of a master with a framework, an agent and a task gets an answer of the API. */
export function schedulerBodiesAreAnswered(directory: string, cases: number): void {
  let { master, request } = newMaster();
  let posted = 0;
  forAll(almostText(bodiesOf(directory, "/api/v1/scheduler")), cases, (text) => {
    // What is accepted has effects: now and then the world begins anew, so that a failure has a short history.
    posted += 1;
    if (posted % 50 === 0) ({ master, request } = newMaster());
    const answer = schedulerEndpoint(master.state, request(text));
    if (answer !== undefined && !allowed.has(answer.status)) {
      throw new Error(`status ${answer.status}: ${answer.body}`);
    }
    master.check();
  });
}

function newMaster() {
  const master = new MasterFixture();
  master.register();
  const framework = master.subscribe();
  master.allocate();
  master.launch(framework, [{ task_id: { value: "t" } }]);
  const streamId = master.record(framework).stream?.id ?? "";
  const request = (text: string): HttpRequest => {
    // The recorded framework is the one that is there.
    const body = text.replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-\d{4}/g, framework.id);
    const subscribes = body.includes('"SUBSCRIBE"');
    const headers = new Map([
      ["content-type", "application/json"],
      ["accept", "application/json"],
      ...(subscribes ? [] : ([["mesos-stream-id", streamId]] as const)),
    ]);
    return {
      method: "POST",
      path: "/api/v1/scheduler",
      query: new URLSearchParams(),
      header: (name) => headers.get(name),
      body: Buffer.from(body),
      openStream: () => ({ send: () => {}, end: () => {}, onClose: () => {} }),
    };
  };
  return { master, request };
}
