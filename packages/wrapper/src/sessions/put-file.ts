// PutFile: a header, then the content in pieces. A client that goes away in between leaves nothing behind.

import type { PutFileInput, PutFileResponse, PutFileResponseInit } from "@cke/protocol";
import type { ServerReadableStream } from "@grpc/grpc-js";
import { WrapperError } from "../errors/wrapper-error.ts";
import { AtomicFile } from "../files/atomic-file.ts";
import { checkPath, Problems, unusableMessage } from "../validation/request-validation.ts";

export type PutFileCall = ServerReadableStream<PutFileInput, PutFileResponseInit>;

/** Throws WrapperError. */
export async function servePutFile(call: PutFileCall): Promise<PutFileResponse> {
  let put: AtomicFile | undefined;
  try {
    // Reading by iteration is the back-pressure: the next piece is taken when this one is written.
    for await (const message of call) {
      // grpc-js types the items of a stream as `any`; the deserialiser makes them PutFileInputs.
      const { input }: PutFileInput = message;
      if (input === undefined) throw new WrapperError("invalid_argument", unusableMessage("header or data"));
      if (input.kind === "header") {
        if (put !== undefined)
          throw new WrapperError("invalid_argument", "header: only the first message may have one");
        const problems = new Problems();
        checkPath(input.value.path, "header.path", problems);
        if (input.value.mode > 0o7777) problems.add("header.mode", "has more than the permission bits");
        problems.throwIfAny();
        const next = new AtomicFile(input.value);
        await next.open();
        put = next;
      } else if (put === undefined) {
        throw new WrapperError("invalid_argument", "header: must be in the first message");
      } else {
        await put.write(input.value);
      }
    }
    if (put === undefined) throw new WrapperError("invalid_argument", "header: is missing");
    if (call.cancelled) throw new WrapperError("unavailable", "the client went away");
    return await put.finish();
  } catch (error) {
    await put?.abandon();
    throw error;
  }
}
