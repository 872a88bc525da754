// One stream of a channel, as the executor serves it: reads what is asked, calls into the unit, and ends with a reason.
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { constants } from "node:http2";
import type { Duplex } from "node:stream";
import { CkeError, messageOf } from "@cke/foundation";
import {
  ExecInput,
  ExecOutput,
  encodeStreamError,
  FileHead,
  FilesResponse,
  frame,
  MessageReader,
  RunProbeResponse,
  StreamRequest,
  streamEndHeader,
  streamPath,
  UnitCallAnswer,
  written,
} from "@cke/protocol";
import type { UnitCommand, UnitStreams } from "./unit-streams.ts";

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
    const code = error instanceof CkeError ? error.code : units.failureCode(error);
    failure = encodeStreamError(code, messageOf(error));
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
    case "exec":
      return await serveExec(stream, reader, units.exec(request.value, signal), respond);
    case "tunnel": {
      const tunnel = await units.tunnel(request.value, signal);
      respond();
      return await serveTunnel(stream, reader, tunnel);
    }
    case "file": {
      let begun = false;
      for await (const { data, ...head } of units.file(request.value, signal)) {
        if (!begun) {
          begun = true;
          respond();
          await written(stream, frame(FileHead.encode(head)));
        }
        if (data.length > 0) await written(stream, data);
      }
      return;
    }
    case "files": {
      const listed = await units.files(request.value, signal);
      respond();
      await written(stream, frame(FilesResponse.encode(listed)));
      return;
    }
    case "probe": {
      const result = await units.probe(request.value, signal);
      respond();
      await written(stream, frame(RunProbeResponse.encode(result)));
      return;
    }
    case "call": {
      if (units.call === undefined) throw new CkeError("unimplemented", "units of this kind answer no calls");
      const answers = units.call(request.value, signal);
      respond();
      for await (const answer of answers) await written(stream, frame(UnitCallAnswer.encode(answer)));
      return;
    }
    case undefined:
      throw new CkeError("unimplemented", "this executor does not know that kind of stream");
  }
}

async function serveTunnel(stream: ServerHttp2Stream, reader: MessageReader, tunnel: Duplex): Promise<void> {
  const up = (async () => {
    for await (const chunk of reader.rest()) await written(tunnel, chunk);
    tunnel.end();
  })();
  // The far side says why it broke; a write into a broken tunnel knows less.
  up.catch(() => {});
  for await (const chunk of tunnel.iterator({ destroyOnReturn: false })) await written(stream, chunk);
  // Its direction is closed, and the other one goes on.
  stream.end();
  await up;
}

async function serveExec(
  stream: ServerHttp2Stream,
  reader: MessageReader,
  command: UnitCommand,
  respond: () => void,
): Promise<void> {
  let begun = false;
  for await (const output of command.output) {
    if (!begun) {
      begun = true;
      respond();
      void takeInput(reader, command);
    }
    await written(stream, frame(ExecOutput.encode(output)));
  }
}

/** What the client says; an end of its stream, however it comes, is the end of the input. */
async function takeInput(reader: MessageReader, command: UnitCommand): Promise<void> {
  try {
    for (let message = await reader.next(); message !== undefined; message = await reader.next()) {
      const input = ExecInput.decode(message);
      if (input.input?.kind !== "start") await command.send(input);
    }
  } catch {
    // A torn message or a lost stream: the command learns of the end of its input.
  }
  await command.send(ExecInput.create({ input: { kind: "stdinEnd", value: true } }));
}
