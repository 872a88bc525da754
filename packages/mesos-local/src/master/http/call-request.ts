// Reads a request to one of the master's v1 APIs: its message, and the media type of the answer. The checks, their order and
// their texts are those of Mesos. Facts: recordings scheduler-errors and operator-api; src/master/http.cpp of Mesos 1.12.
import { CkeError } from "@cke/foundation";
import { type Answer, textAnswer } from "../../http/answer.ts";
import type { HttpRequest } from "../../http/server.ts";
import { acceptedType, type JsonObject, type MediaType, mediaTypeOf, readBody } from "../../wire/index.ts";

/** The message of type `type` in the body, or the answer that says why there is none. */
export function callOf(
  request: HttpRequest,
  type: string,
): { readonly call: JsonObject } | { readonly refused: Answer } {
  const contentType = request.header("content-type");
  if (contentType === undefined) return { refused: textAnswer(400, "Expecting 'Content-Type' to be present") };
  const form = mediaTypeOf(contentType);
  if (form === undefined) {
    return { refused: textAnswer(415, "Expecting 'Content-Type' of application/json or application/x-protobuf") };
  }
  try {
    return { call: readBody(type, form, request.body) };
  } catch (error) {
    if (!(error instanceof CkeError && error.status === 400)) throw error;
    return { refused: textAnswer(400, error.message) };
  }
}

/** The form that the client wants its answer in, or 406. */
export function answerForm(request: HttpRequest): { readonly form: MediaType } | { readonly refused: Answer } {
  const form = acceptedType(request.header("accept"));
  return form === undefined
    ? { refused: textAnswer(406, "Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'") }
    : { form };
}
