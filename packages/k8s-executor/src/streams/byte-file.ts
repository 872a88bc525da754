// A file over a connection of its own to the wrapper, as bytes. Invariant: what the caller does not take stays in the connection, which is
// closed when the caller leaves; an end that the wrapper has not told is a failure.
import type { FilePart } from "@cke/executor-core";
import {
  ByteRequest,
  FileHead,
  frame,
  type GetFileRequestInit,
  MessageReader,
  PieceReader,
  StreamError,
} from "@cke/protocol";
import type { ByteSockets } from "./byte-sockets.ts";
import { cancelled } from "./call-failure.ts";
import { statusOf, WrapperError } from "./wrapper-error.ts";

/** The wrapper only opens the file. */
const answerMs = 15_000;

const unreachable = (cause?: unknown) =>
  new WrapperError("unavailable", "the wrapper in the container cannot be reached", cause);
const failed = ({ code, message }: StreamError) => new WrapperError(statusOf(code), message);

/** First a part without data, as soon as the file is open. Throws WrapperError. */
export async function* readByteFile(
  sockets: ByteSockets,
  request: GetFileRequestInit,
  signal: AbortSignal,
): AsyncGenerator<FilePart, void, undefined> {
  if (signal.aborted) throw cancelled();
  let reason: WrapperError | undefined;
  const end = (why: WrapperError) => {
    reason ??= why;
    socket.destroy();
  };
  const socket = sockets.connect(end);
  const abort = () => end(cancelled());
  socket.on("error", () => {}); // the reader gets it
  signal.addEventListener("abort", abort, { once: true });
  const late = () => end(new WrapperError("deadline", "the wrapper in the container did not open the file in time"));
  const timer = setTimeout(late, answerMs);
  try {
    socket.write(frame(ByteRequest.encode({ request: { kind: "file", value: request } })));
    const reader = new MessageReader(socket.iterator());
    const answer = StreamError.decode(await mustCome(reader));
    if (answer.code !== "") throw failed(answer);
    const { offset, ...file } = FileHead.decode(await mustCome(reader));
    clearTimeout(timer);
    yield { ...file, offset, data: new Uint8Array(0) };
    const pieces = new PieceReader();
    let at = offset;
    for await (const chunk of reader.rest()) {
      for (const data of pieces.take(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))) {
        yield { ...file, offset: at, data };
        at += data.length;
      }
      if (pieces.failure !== undefined) throw failed(pieces.failure);
      if (pieces.ended) return;
    }
    throw unreachable();
  } catch (error) {
    if (reason !== undefined) throw reason;
    throw error instanceof WrapperError ? error : unreachable(error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    socket.destroy();
  }
}

async function mustCome(reader: MessageReader): Promise<Uint8Array> {
  const message = await reader.next();
  if (message === undefined) throw unreachable();
  return message;
}
