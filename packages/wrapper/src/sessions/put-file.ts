// PutFile: a header, then the content in pieces. A client that goes away in between leaves nothing behind.

import type { PutFileInput, PutFileResponse, PutFileResponseInit } from "@cke/protocol";
import type { ServerReadableStream } from "@grpc/grpc-js";
import { WrapperError } from "../errors/wrapper-error.ts";
import { AtomicFile } from "../files/atomic-file.ts";
import { checkPath, firstMessageProblem, Problems, unusableMessage } from "../validation/request-validation.ts";
import { firstMessage, messagesOf } from "./call-stream.ts";

export type PutFileCall = ServerReadableStream<PutFileInput, PutFileResponseInit>;

/** Throws WrapperError. */
export async function servePutFile(call: PutFileCall): Promise<PutFileResponse> {
  const messages = messagesOf<PutFileInput>(call);
  const { input } = await firstMessage(messages);
  if (input?.kind !== "header") throw new WrapperError("invalid_argument", firstMessageProblem("header"));
  const problems = new Problems();
  checkPath(input.value.path, "header.path", problems);
  if (input.value.mode > 0o7777) problems.add("header.mode", "has more than the permission bits");
  problems.throwIfAny();
  const put = new AtomicFile(input.value);
  try {
    await put.open();
    // Reading by iteration is the back-pressure: the next piece is taken when this one is written.
    for (let next = await messages.next(); next.done !== true; next = await messages.next()) {
      await put.write(dataOf(next.value));
    }
    if (call.cancelled) throw new WrapperError("unavailable", "the client went away");
    return await put.finish();
  } catch (error) {
    await put.abandon();
    throw error;
  }
}

function dataOf({ input }: PutFileInput): Uint8Array {
  if (input?.kind === "data") return input.value;
  const words = input === undefined ? unusableMessage("data") : "header: only the first message may have one";
  throw new WrapperError("invalid_argument", words);
}
