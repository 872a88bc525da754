// The runtime of the generated messages: codecs over protobufjs' reader and writer, and definitions of gRPC methods.
// Input is not trusted: a torn or malformed message throws MalformedMessageError.
import protobuf from "protobufjs/minimal.js";

export type WireReader = protobuf.Reader;
export type WireWriter = protobuf.Writer;

export class MalformedMessageError extends Error {
  readonly code = "malformed_message";
  constructor(cause: unknown) {
    super(`malformed protobuf message: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = "MalformedMessageError";
  }
}

/** The parts that the generator writes for each message. */
interface MessageParts<T, Init> {
  readonly create: (init: Init) => T;
  readonly write: (message: T, writer: WireWriter) => WireWriter;
  readonly read: (reader: WireReader, length?: number) => T;
}

/** The codec of one message type. `create` fills in the defaults; `decode` throws MalformedMessageError. */
export interface MessageCodec<T, Init> extends MessageParts<T, Init> {
  readonly encode: (init: Init) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => T;
}

export function messageCodec<T, Init>(parts: MessageParts<T, Init>): MessageCodec<T, Init> {
  return {
    ...parts,
    // The writer is used once, so its buffer is given away and not copied.
    encode: (init) => parts.write(parts.create(init), protobuf.Writer.create()).finish(true),
    decode: (bytes) => {
      try {
        // As a Buffer, so that a string is read in one piece. For other byte arrays protobufjs joins strings from
        // pieces of eight characters.
        return parts.read(protobuf.Reader.create(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)));
      } catch (cause) {
        throw new MalformedMessageError(cause);
      }
    },
  };
}

/** A uint64 as a number. Times in ms, sizes and sequence numbers stay below 2^53. */
export function toNumber(value: number | { toString(): string }): number {
  return typeof value === "number" ? value : Number(value.toString());
}

/**
 * Bytes of a received buffer, for as long as somebody wants them. They are copied when they would keep a buffer of more than twice
 * their size in memory; pieces of a stream fill theirs and are not copied.
 */
export function detached(bytes: Uint8Array): Uint8Array {
  if (bytes.length * 2 < bytes.buffer.byteLength) return new Uint8Array(bytes);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** A gRPC method in the form that @grpc/grpc-js takes for servers and clients. */
export interface RpcDefinition<Request, RequestInit, Response, ResponseInit> {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly requestSerialize: (request: RequestInit) => Buffer;
  readonly requestDeserialize: (bytes: Buffer) => Request;
  readonly responseSerialize: (response: ResponseInit) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Response;
}

export function rpc<Request, RequestInit, Response, ResponseInit>(
  path: string,
  request: MessageCodec<Request, RequestInit>,
  response: MessageCodec<Response, ResponseInit>,
  requestStream: boolean,
  responseStream: boolean,
): RpcDefinition<Request, RequestInit, Response, ResponseInit> {
  const toBuffer = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    path,
    requestStream,
    responseStream,
    requestSerialize: (message) => toBuffer(request.encode(message)),
    requestDeserialize: request.decode,
    responseSerialize: (message) => toBuffer(response.encode(message)),
    responseDeserialize: response.decode,
  };
}
