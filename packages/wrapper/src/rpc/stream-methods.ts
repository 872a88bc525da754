// The methods of the service, with a bound on each message of a stream. Without it a client that sends long messages which nobody reads
// could use up the node's memory: gRPC reads 16 of them ahead.
import { type RpcDefinition, wrapperService } from "@cke/protocol";
import { streamMessageBytes } from "../validation/request-validation.ts";

/** A message that is too long arrives as one without content, which every session refuses with a reason. */
function bounded<Request extends { readonly input: unknown }, RequestInit, Response, ResponseInit>(
  method: RpcDefinition<Request, RequestInit, Response, ResponseInit>,
): RpcDefinition<Request, RequestInit, Response, ResponseInit> {
  const withoutContent = method.requestDeserialize(Buffer.alloc(0));
  return {
    ...method,
    requestDeserialize: (bytes) =>
      bytes.length > streamMessageBytes ? withoutContent : method.requestDeserialize(bytes),
  };
}

export const boundedService = {
  ...wrapperService,
  exec: bounded(wrapperService.exec),
  tunnel: bounded(wrapperService.tunnel),
  putFile: bounded(wrapperService.putFile),
};
