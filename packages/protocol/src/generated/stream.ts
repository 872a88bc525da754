// Generated from proto/cke/stream.proto by scripts/generate-protocol.ts: do not edit.
import { detached, messageCodec, toNumber, type MessageCodec } from "../codec/codec.ts";
import { EnvironmentVariable, Probe, type EnvironmentVariableInit, type ProbeInit } from "./process.ts";

export interface TerminalSize { readonly rows: number; readonly columns: number; }
export interface TerminalSizeInit { readonly rows?: number | undefined; readonly columns?: number | undefined; }
export const TerminalSize: MessageCodec<TerminalSize, TerminalSizeInit> = messageCodec<TerminalSize, TerminalSizeInit>({
  create: (init) => ({ rows: init.rows ?? 0, columns: init.columns ?? 0, }),
  write: (message, writer) => { if (!(message.rows === 0)) { writer.uint32(8).uint32(message.rows); } if (!(message.columns === 0)) { writer.uint32(16).uint32(message.columns); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let rowsValue: TerminalSize["rows"] = 0; let columnsValue: TerminalSize["columns"] = 0;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: rowsValue = reader.uint32(); break; case 2: columnsValue = reader.uint32(); break; default: reader.skipType(tag & 7); }
    }
    return { rows: rowsValue, columns: columnsValue };
  },
});

export interface ExecStart { readonly command: readonly string[]; readonly environment: readonly EnvironmentVariable[]; readonly workingDirectory: string; readonly tty: boolean; readonly size: TerminalSize | undefined; readonly timeoutMs: number; readonly user: string; }
export interface ExecStartInit { readonly command?: readonly string[] | undefined; readonly environment?: readonly EnvironmentVariableInit[] | undefined; readonly workingDirectory?: string | undefined; readonly tty?: boolean | undefined; readonly size?: TerminalSizeInit | undefined; readonly timeoutMs?: number | undefined; readonly user?: string | undefined; }
export const ExecStart: MessageCodec<ExecStart, ExecStartInit> = messageCodec<ExecStart, ExecStartInit>({
  create: (init) => ({ command: (init.command ?? []).map((value) => value), environment: (init.environment ?? []).map((value) => EnvironmentVariable.create(value)), workingDirectory: init.workingDirectory ?? "", tty: init.tty ?? false, size: init.size === undefined ? undefined : TerminalSize.create(init.size), timeoutMs: init.timeoutMs ?? 0, user: init.user ?? "", }),
  write: (message, writer) => { for (const value of message.command) { writer.uint32(10).string(value); } for (const value of message.environment) { EnvironmentVariable.write(value, writer.uint32(18).fork()).ldelim(); } if (!(message.workingDirectory === "")) { writer.uint32(26).string(message.workingDirectory); } if (!(message.tty === false)) { writer.uint32(32).bool(message.tty); } if (!(message.size === undefined)) { TerminalSize.write(message.size, writer.uint32(42).fork()).ldelim(); } if (!(message.timeoutMs === 0)) { writer.uint32(48).uint32(message.timeoutMs); } if (!(message.user === "")) { writer.uint32(58).string(message.user); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    const commandValue: string[] = []; const environmentValue: EnvironmentVariable[] = []; let workingDirectoryValue: ExecStart["workingDirectory"] = ""; let ttyValue: ExecStart["tty"] = false; let sizeValue: ExecStart["size"] = undefined; let timeoutMsValue: ExecStart["timeoutMs"] = 0; let userValue: ExecStart["user"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: commandValue.push(reader.string()); break; case 2: environmentValue.push(EnvironmentVariable.read(reader, reader.uint32())); break; case 3: workingDirectoryValue = reader.string(); break; case 4: ttyValue = reader.bool(); break; case 5: sizeValue = TerminalSize.read(reader, reader.uint32()); break; case 6: timeoutMsValue = reader.uint32(); break; case 7: userValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { command: commandValue, environment: environmentValue, workingDirectory: workingDirectoryValue, tty: ttyValue, size: sizeValue, timeoutMs: timeoutMsValue, user: userValue };
  },
});

export interface ExecInput { readonly input: { readonly kind: "start"; readonly value: ExecStart } | { readonly kind: "stdin"; readonly value: Uint8Array } | { readonly kind: "stdinEnd"; readonly value: boolean } | { readonly kind: "resize"; readonly value: TerminalSize } | { readonly kind: "signal"; readonly value: string } | undefined; }
export interface ExecInputInit { readonly input?: { readonly kind: "start"; readonly value: ExecStartInit } | { readonly kind: "stdin"; readonly value: Uint8Array } | { readonly kind: "stdinEnd"; readonly value: boolean } | { readonly kind: "resize"; readonly value: TerminalSizeInit } | { readonly kind: "signal"; readonly value: string } | undefined; }
export const ExecInput: MessageCodec<ExecInput, ExecInputInit> = messageCodec<ExecInput, ExecInputInit>({
  create: (init) => ({ input: init.input?.kind === "start" ? { kind: "start", value: ExecStart.create(init.input.value) } : init.input?.kind === "stdin" ? { kind: "stdin", value: init.input.value } : init.input?.kind === "stdinEnd" ? { kind: "stdinEnd", value: init.input.value } : init.input?.kind === "resize" ? { kind: "resize", value: TerminalSize.create(init.input.value) } : init.input?.kind === "signal" ? { kind: "signal", value: init.input.value } : undefined, }),
  write: (message, writer) => { if (message.input?.kind === "start") { ExecStart.write(message.input.value, writer.uint32(10).fork()).ldelim(); } if (message.input?.kind === "stdin") { writer.uint32(18).bytes(message.input.value); } if (message.input?.kind === "stdinEnd") { writer.uint32(24).bool(message.input.value); } if (message.input?.kind === "resize") { TerminalSize.write(message.input.value, writer.uint32(34).fork()).ldelim(); } if (message.input?.kind === "signal") { writer.uint32(42).string(message.input.value); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let inputValue: ExecInput["input"];
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: inputValue = { kind: "start", value: ExecStart.read(reader, reader.uint32()) }; break; case 2: inputValue = { kind: "stdin", value: detached(reader.bytes()) }; break; case 3: inputValue = { kind: "stdinEnd", value: reader.bool() }; break; case 4: inputValue = { kind: "resize", value: TerminalSize.read(reader, reader.uint32()) }; break; case 5: inputValue = { kind: "signal", value: reader.string() }; break; default: reader.skipType(tag & 7); }
    }
    return { input: inputValue };
  },
});

export interface ExecExit { readonly code: number; readonly signal: string; }
export interface ExecExitInit { readonly code?: number | undefined; readonly signal?: string | undefined; }
export const ExecExit: MessageCodec<ExecExit, ExecExitInit> = messageCodec<ExecExit, ExecExitInit>({
  create: (init) => ({ code: init.code ?? 0, signal: init.signal ?? "", }),
  write: (message, writer) => { if (!(message.code === 0)) { writer.uint32(8).int32(message.code); } if (!(message.signal === "")) { writer.uint32(18).string(message.signal); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let codeValue: ExecExit["code"] = 0; let signalValue: ExecExit["signal"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: codeValue = reader.int32(); break; case 2: signalValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { code: codeValue, signal: signalValue };
  },
});

export interface ExecOutput { readonly output: { readonly kind: "startedPid"; readonly value: number } | { readonly kind: "stdout"; readonly value: Uint8Array } | { readonly kind: "stderr"; readonly value: Uint8Array } | { readonly kind: "exit"; readonly value: ExecExit } | undefined; }
export interface ExecOutputInit { readonly output?: { readonly kind: "startedPid"; readonly value: number } | { readonly kind: "stdout"; readonly value: Uint8Array } | { readonly kind: "stderr"; readonly value: Uint8Array } | { readonly kind: "exit"; readonly value: ExecExitInit } | undefined; }
export const ExecOutput: MessageCodec<ExecOutput, ExecOutputInit> = messageCodec<ExecOutput, ExecOutputInit>({
  create: (init) => ({ output: init.output?.kind === "startedPid" ? { kind: "startedPid", value: init.output.value } : init.output?.kind === "stdout" ? { kind: "stdout", value: init.output.value } : init.output?.kind === "stderr" ? { kind: "stderr", value: init.output.value } : init.output?.kind === "exit" ? { kind: "exit", value: ExecExit.create(init.output.value) } : undefined, }),
  write: (message, writer) => { if (message.output?.kind === "startedPid") { writer.uint32(8).uint32(message.output.value); } if (message.output?.kind === "stdout") { writer.uint32(18).bytes(message.output.value); } if (message.output?.kind === "stderr") { writer.uint32(26).bytes(message.output.value); } if (message.output?.kind === "exit") { ExecExit.write(message.output.value, writer.uint32(34).fork()).ldelim(); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let outputValue: ExecOutput["output"];
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: outputValue = { kind: "startedPid", value: reader.uint32() }; break; case 2: outputValue = { kind: "stdout", value: detached(reader.bytes()) }; break; case 3: outputValue = { kind: "stderr", value: detached(reader.bytes()) }; break; case 4: outputValue = { kind: "exit", value: ExecExit.read(reader, reader.uint32()) }; break; default: reader.skipType(tag & 7); }
    }
    return { output: outputValue };
  },
});

export interface FilesRequest { readonly directory: string; }
export interface FilesRequestInit { readonly directory?: string | undefined; }
export const FilesRequest: MessageCodec<FilesRequest, FilesRequestInit> = messageCodec<FilesRequest, FilesRequestInit>({
  create: (init) => ({ directory: init.directory ?? "", }),
  write: (message, writer) => { if (!(message.directory === "")) { writer.uint32(10).string(message.directory); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let directoryValue: FilesRequest["directory"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: directoryValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { directory: directoryValue };
  },
});

export interface FileEntry { readonly name: string; readonly size: number; readonly modifiedAtMs: number; }
export interface FileEntryInit { readonly name?: string | undefined; readonly size?: number | undefined; readonly modifiedAtMs?: number | undefined; }
export const FileEntry: MessageCodec<FileEntry, FileEntryInit> = messageCodec<FileEntry, FileEntryInit>({
  create: (init) => ({ name: init.name ?? "", size: init.size ?? 0, modifiedAtMs: init.modifiedAtMs ?? 0, }),
  write: (message, writer) => { if (!(message.name === "")) { writer.uint32(10).string(message.name); } if (!(message.size === 0)) { writer.uint32(16).uint64(message.size); } if (!(message.modifiedAtMs === 0)) { writer.uint32(24).uint64(message.modifiedAtMs); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let nameValue: FileEntry["name"] = ""; let sizeValue: FileEntry["size"] = 0; let modifiedAtMsValue: FileEntry["modifiedAtMs"] = 0;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: nameValue = reader.string(); break; case 2: sizeValue = toNumber(reader.uint64()); break; case 3: modifiedAtMsValue = toNumber(reader.uint64()); break; default: reader.skipType(tag & 7); }
    }
    return { name: nameValue, size: sizeValue, modifiedAtMs: modifiedAtMsValue };
  },
});

export interface FilesResponse { readonly files: readonly FileEntry[]; readonly more: boolean; }
export interface FilesResponseInit { readonly files?: readonly FileEntryInit[] | undefined; readonly more?: boolean | undefined; }
export const FilesResponse: MessageCodec<FilesResponse, FilesResponseInit> = messageCodec<FilesResponse, FilesResponseInit>({
  create: (init) => ({ files: (init.files ?? []).map((value) => FileEntry.create(value)), more: init.more ?? false, }),
  write: (message, writer) => { for (const value of message.files) { FileEntry.write(value, writer.uint32(10).fork()).ldelim(); } if (!(message.more === false)) { writer.uint32(16).bool(message.more); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    const filesValue: FileEntry[] = []; let moreValue: FilesResponse["more"] = false;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: filesValue.push(FileEntry.read(reader, reader.uint32())); break; case 2: moreValue = reader.bool(); break; default: reader.skipType(tag & 7); }
    }
    return { files: filesValue, more: moreValue };
  },
});

export interface TunnelTarget { readonly target: { readonly kind: "tcpAddress"; readonly value: string } | { readonly kind: "unixSocket"; readonly value: string } | undefined; }
export interface TunnelTargetInit { readonly target?: { readonly kind: "tcpAddress"; readonly value: string } | { readonly kind: "unixSocket"; readonly value: string } | undefined; }
export const TunnelTarget: MessageCodec<TunnelTarget, TunnelTargetInit> = messageCodec<TunnelTarget, TunnelTargetInit>({
  create: (init) => ({ target: init.target?.kind === "tcpAddress" ? { kind: "tcpAddress", value: init.target.value } : init.target?.kind === "unixSocket" ? { kind: "unixSocket", value: init.target.value } : undefined, }),
  write: (message, writer) => { if (message.target?.kind === "tcpAddress") { writer.uint32(10).string(message.target.value); } if (message.target?.kind === "unixSocket") { writer.uint32(18).string(message.target.value); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let targetValue: TunnelTarget["target"];
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: targetValue = { kind: "tcpAddress", value: reader.string() }; break; case 2: targetValue = { kind: "unixSocket", value: reader.string() }; break; default: reader.skipType(tag & 7); }
    }
    return { target: targetValue };
  },
});

export interface RunProbeRequest { readonly probe: Probe | undefined; }
export interface RunProbeRequestInit { readonly probe?: ProbeInit | undefined; }
export const RunProbeRequest: MessageCodec<RunProbeRequest, RunProbeRequestInit> = messageCodec<RunProbeRequest, RunProbeRequestInit>({
  create: (init) => ({ probe: init.probe === undefined ? undefined : Probe.create(init.probe), }),
  write: (message, writer) => { if (!(message.probe === undefined)) { Probe.write(message.probe, writer.uint32(10).fork()).ldelim(); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let probeValue: RunProbeRequest["probe"] = undefined;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: probeValue = Probe.read(reader, reader.uint32()); break; default: reader.skipType(tag & 7); }
    }
    return { probe: probeValue };
  },
});

export interface RunProbeResponse { readonly passing: boolean; readonly message: string; readonly durationMs: number; }
export interface RunProbeResponseInit { readonly passing?: boolean | undefined; readonly message?: string | undefined; readonly durationMs?: number | undefined; }
export const RunProbeResponse: MessageCodec<RunProbeResponse, RunProbeResponseInit> = messageCodec<RunProbeResponse, RunProbeResponseInit>({
  create: (init) => ({ passing: init.passing ?? false, message: init.message ?? "", durationMs: init.durationMs ?? 0, }),
  write: (message, writer) => { if (!(message.passing === false)) { writer.uint32(8).bool(message.passing); } if (!(message.message === "")) { writer.uint32(18).string(message.message); } if (!(message.durationMs === 0)) { writer.uint32(24).uint32(message.durationMs); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let passingValue: RunProbeResponse["passing"] = false; let messageValue: RunProbeResponse["message"] = ""; let durationMsValue: RunProbeResponse["durationMs"] = 0;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: passingValue = reader.bool(); break; case 2: messageValue = reader.string(); break; case 3: durationMsValue = reader.uint32(); break; default: reader.skipType(tag & 7); }
    }
    return { passing: passingValue, message: messageValue, durationMs: durationMsValue };
  },
});

export interface StreamRequest { readonly request: { readonly kind: "exec"; readonly value: ExecStart } | { readonly kind: "tunnel"; readonly value: TunnelTarget } | { readonly kind: "file"; readonly value: FileRequest } | { readonly kind: "probe"; readonly value: RunProbeRequest } | { readonly kind: "files"; readonly value: FilesRequest } | { readonly kind: "call"; readonly value: UnitCall } | undefined; }
export interface StreamRequestInit { readonly request?: { readonly kind: "exec"; readonly value: ExecStartInit } | { readonly kind: "tunnel"; readonly value: TunnelTargetInit } | { readonly kind: "file"; readonly value: FileRequestInit } | { readonly kind: "probe"; readonly value: RunProbeRequestInit } | { readonly kind: "files"; readonly value: FilesRequestInit } | { readonly kind: "call"; readonly value: UnitCallInit } | undefined; }
export const StreamRequest: MessageCodec<StreamRequest, StreamRequestInit> = messageCodec<StreamRequest, StreamRequestInit>({
  create: (init) => ({ request: init.request?.kind === "exec" ? { kind: "exec", value: ExecStart.create(init.request.value) } : init.request?.kind === "tunnel" ? { kind: "tunnel", value: TunnelTarget.create(init.request.value) } : init.request?.kind === "file" ? { kind: "file", value: FileRequest.create(init.request.value) } : init.request?.kind === "probe" ? { kind: "probe", value: RunProbeRequest.create(init.request.value) } : init.request?.kind === "files" ? { kind: "files", value: FilesRequest.create(init.request.value) } : init.request?.kind === "call" ? { kind: "call", value: UnitCall.create(init.request.value) } : undefined, }),
  write: (message, writer) => { if (message.request?.kind === "exec") { ExecStart.write(message.request.value, writer.uint32(10).fork()).ldelim(); } if (message.request?.kind === "tunnel") { TunnelTarget.write(message.request.value, writer.uint32(18).fork()).ldelim(); } if (message.request?.kind === "file") { FileRequest.write(message.request.value, writer.uint32(26).fork()).ldelim(); } if (message.request?.kind === "probe") { RunProbeRequest.write(message.request.value, writer.uint32(34).fork()).ldelim(); } if (message.request?.kind === "files") { FilesRequest.write(message.request.value, writer.uint32(42).fork()).ldelim(); } if (message.request?.kind === "call") { UnitCall.write(message.request.value, writer.uint32(50).fork()).ldelim(); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let requestValue: StreamRequest["request"];
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: requestValue = { kind: "exec", value: ExecStart.read(reader, reader.uint32()) }; break; case 2: requestValue = { kind: "tunnel", value: TunnelTarget.read(reader, reader.uint32()) }; break; case 3: requestValue = { kind: "file", value: FileRequest.read(reader, reader.uint32()) }; break; case 4: requestValue = { kind: "probe", value: RunProbeRequest.read(reader, reader.uint32()) }; break; case 5: requestValue = { kind: "files", value: FilesRequest.read(reader, reader.uint32()) }; break; case 6: requestValue = { kind: "call", value: UnitCall.read(reader, reader.uint32()) }; break; default: reader.skipType(tag & 7); }
    }
    return { request: requestValue };
  },
});

export interface UnitCall { readonly request: Uint8Array; }
export interface UnitCallInit { readonly request?: Uint8Array | undefined; }
export const UnitCall: MessageCodec<UnitCall, UnitCallInit> = messageCodec<UnitCall, UnitCallInit>({
  create: (init) => ({ request: init.request ?? new Uint8Array(0), }),
  write: (message, writer) => { if (!(message.request.length === 0)) { writer.uint32(10).bytes(message.request); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let requestValue: UnitCall["request"] = new Uint8Array(0);
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: requestValue = detached(reader.bytes()); break; default: reader.skipType(tag & 7); }
    }
    return { request: requestValue };
  },
});

export interface UnitCallAnswer { readonly answer: { readonly kind: "progress"; readonly value: string } | { readonly kind: "result"; readonly value: Uint8Array } | undefined; }
export interface UnitCallAnswerInit { readonly answer?: { readonly kind: "progress"; readonly value: string } | { readonly kind: "result"; readonly value: Uint8Array } | undefined; }
export const UnitCallAnswer: MessageCodec<UnitCallAnswer, UnitCallAnswerInit> = messageCodec<UnitCallAnswer, UnitCallAnswerInit>({
  create: (init) => ({ answer: init.answer?.kind === "progress" ? { kind: "progress", value: init.answer.value } : init.answer?.kind === "result" ? { kind: "result", value: init.answer.value } : undefined, }),
  write: (message, writer) => { if (message.answer?.kind === "progress") { writer.uint32(10).string(message.answer.value); } if (message.answer?.kind === "result") { writer.uint32(18).bytes(message.answer.value); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let answerValue: UnitCallAnswer["answer"];
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: answerValue = { kind: "progress", value: reader.string() }; break; case 2: answerValue = { kind: "result", value: detached(reader.bytes()) }; break; default: reader.skipType(tag & 7); }
    }
    return { answer: answerValue };
  },
});

export interface FileRequest { readonly path: string; readonly offset: number; readonly fromEnd: boolean; readonly length: number; readonly follow: boolean; }
export interface FileRequestInit { readonly path?: string | undefined; readonly offset?: number | undefined; readonly fromEnd?: boolean | undefined; readonly length?: number | undefined; readonly follow?: boolean | undefined; }
export const FileRequest: MessageCodec<FileRequest, FileRequestInit> = messageCodec<FileRequest, FileRequestInit>({
  create: (init) => ({ path: init.path ?? "", offset: init.offset ?? 0, fromEnd: init.fromEnd ?? false, length: init.length ?? 0, follow: init.follow ?? false, }),
  write: (message, writer) => { if (!(message.path === "")) { writer.uint32(10).string(message.path); } if (!(message.offset === 0)) { writer.uint32(16).uint64(message.offset); } if (!(message.fromEnd === false)) { writer.uint32(24).bool(message.fromEnd); } if (!(message.length === 0)) { writer.uint32(32).uint64(message.length); } if (!(message.follow === false)) { writer.uint32(40).bool(message.follow); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let pathValue: FileRequest["path"] = ""; let offsetValue: FileRequest["offset"] = 0; let fromEndValue: FileRequest["fromEnd"] = false; let lengthValue: FileRequest["length"] = 0; let followValue: FileRequest["follow"] = false;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: pathValue = reader.string(); break; case 2: offsetValue = toNumber(reader.uint64()); break; case 3: fromEndValue = reader.bool(); break; case 4: lengthValue = toNumber(reader.uint64()); break; case 5: followValue = reader.bool(); break; default: reader.skipType(tag & 7); }
    }
    return { path: pathValue, offset: offsetValue, fromEnd: fromEndValue, length: lengthValue, follow: followValue };
  },
});

export interface FileHead { readonly offset: number; readonly fileSize: number; readonly modifiedAtMs: number; }
export interface FileHeadInit { readonly offset?: number | undefined; readonly fileSize?: number | undefined; readonly modifiedAtMs?: number | undefined; }
export const FileHead: MessageCodec<FileHead, FileHeadInit> = messageCodec<FileHead, FileHeadInit>({
  create: (init) => ({ offset: init.offset ?? 0, fileSize: init.fileSize ?? 0, modifiedAtMs: init.modifiedAtMs ?? 0, }),
  write: (message, writer) => { if (!(message.offset === 0)) { writer.uint32(8).uint64(message.offset); } if (!(message.fileSize === 0)) { writer.uint32(16).uint64(message.fileSize); } if (!(message.modifiedAtMs === 0)) { writer.uint32(24).uint64(message.modifiedAtMs); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let offsetValue: FileHead["offset"] = 0; let fileSizeValue: FileHead["fileSize"] = 0; let modifiedAtMsValue: FileHead["modifiedAtMs"] = 0;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: offsetValue = toNumber(reader.uint64()); break; case 2: fileSizeValue = toNumber(reader.uint64()); break; case 3: modifiedAtMsValue = toNumber(reader.uint64()); break; default: reader.skipType(tag & 7); }
    }
    return { offset: offsetValue, fileSize: fileSizeValue, modifiedAtMs: modifiedAtMsValue };
  },
});

export interface StreamError { readonly code: string; readonly message: string; }
export interface StreamErrorInit { readonly code?: string | undefined; readonly message?: string | undefined; }
export const StreamError: MessageCodec<StreamError, StreamErrorInit> = messageCodec<StreamError, StreamErrorInit>({
  create: (init) => ({ code: init.code ?? "", message: init.message ?? "", }),
  write: (message, writer) => { if (!(message.code === "")) { writer.uint32(10).string(message.code); } if (!(message.message === "")) { writer.uint32(18).string(message.message); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let codeValue: StreamError["code"] = ""; let messageValue: StreamError["message"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: codeValue = reader.string(); break; case 2: messageValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { code: codeValue, message: messageValue };
  },
});
