// One stream of a channel, as the executor serves it: reads what is asked, calls into the unit, and ends with a reason.
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { constants } from "node:http2";
import { CkeError, messageOf } from "@cke/foundation";
import {
  ExecInput,
  ExecOutput,
  encodeStreamError,
  FileHead,
  frame,
  MessageReader,
  RunProbeResponse,
  StreamRequest,
  streamEndHeader,
  streamPath,
  written,
} from "@cke/protocol";
import type { ExecEvent, ExecSession, UnitStreams } from "./unit-streams.ts";

/** Resolves when the stream is over. Never throws: whatever goes wrong is told to the other end. */
export async function serveStream(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  units: UnitStreams,
): Promise<void> {
  const gone = new AbortController();
  let failure = "";
  stream.on("error", () => {});
  stream.on("wantTrailers", () => {
    if (!stream.closed) stream.sendTrailers({ [streamEndHeader]: failure });
  });
  const closed = new Promise<void>((resolve) => {
    stream.on("close", () => {
      gone.abort(new CkeError("cancelled", "the other end of the stream went away"));
      resolve();
    });
  });
  try {
    await answer(stream, headers, units, gone.signal);
    stream.end();
  } catch (error) {
    failure = encodeStreamError(error instanceof CkeError ? error.code : "internal", messageOf(error));
    if (!stream.destroyed && !stream.headersSent) {
      const status = constants.HTTP_STATUS_BAD_REQUEST;
      stream.respond({ ":status": status, [streamEndHeader]: failure }, { endStream: true });
    } else if (!stream.destroyed) stream.end();
  }
  await closed;
}

async function answer(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  units: UnitStreams,
  signal: AbortSignal,
): Promise<void> {
  if (headers[":path"] !== streamPath) throw new CkeError("unimplemented", "this executor does not know that path");
  // Leaving the loop must not end the stream: the answer goes the other way.
  const reader = new MessageReader(stream.iterator({ destroyOnReturn: false }));
  const asked = await reader.next();
  const { request } = asked === undefined ? { request: undefined } : StreamRequest.decode(asked);
  const respond = () => stream.respond({ ":status": constants.HTTP_STATUS_OK }, { waitForTrailers: true });
  switch (request?.kind) {
    case "exec": {
      const session = units.exec(request.value, signal);
      await serveExec(stream, reader, session, respond);
      return;
    }
    case "tunnel": {
      const tunnel = await units.tunnel(request.value, signal);
      respond();
      const up = (async () => {
        for await (const chunk of reader.rest()) await tunnel.write(chunk);
        tunnel.end();
      })();
      // The far side says why it broke; a write into a broken tunnel knows less.
      up.catch(() => {});
      for await (const chunk of tunnel.output) await written(stream, chunk);
      // Its direction is closed, and the other one goes on.
      stream.end();
      await up;
      return;
    }
    case "file": {
      let begun = false;
      for await (const { offset, data, fileSize } of units.file(request.value, signal)) {
        if (!begun) {
          begun = true;
          respond();
          await written(stream, frame(FileHead.encode({ offset, fileSize })));
        }
        if (data.length > 0) await written(stream, data);
      }
      return;
    }
    case "probe": {
      const result = await units.probe(request.value, signal);
      respond();
      await written(stream, frame(RunProbeResponse.encode(result)));
      return;
    }
    case undefined:
      throw new CkeError("unimplemented", "this executor does not know that kind of stream");
  }
}

async function serveExec(
  stream: ServerHttp2Stream,
  reader: MessageReader,
  session: ExecSession,
  respond: () => void,
): Promise<void> {
  let begun = false;
  for await (const event of session.events) {
    if (!begun) {
      begun = true;
      respond();
      void takeInput(reader, session);
    }
    await written(stream, frame(ExecOutput.encode({ output: outputOf(event) })));
  }
  if (!begun) respond();
}

/** What the client says; an end of its stream, however it comes, is the end of the input. */
async function takeInput(reader: MessageReader, session: ExecSession): Promise<void> {
  try {
    for (let message = await reader.next(); message !== undefined; message = await reader.next()) {
      const { input } = ExecInput.decode(message);
      if (input?.kind === "stdin") await session.write(input.value);
      else if (input?.kind === "stdinEnd") session.endInput();
      else if (input?.kind === "resize") session.resize(input.value);
      else if (input?.kind === "signal") session.signal(input.value);
    }
  } catch {
    // A torn message or a lost stream: the command learns of the end of its input.
  }
  session.endInput();
}

function outputOf(event: ExecEvent): Parameters<typeof ExecOutput.encode>[0]["output"] {
  switch (event.kind) {
    case "started":
      return { kind: "startedPid", value: event.pid };
    case "exit":
      return { kind: "exit", value: { code: event.code, signal: event.signal } };
    default:
      return { kind: event.kind, value: event.data };
  }
}
