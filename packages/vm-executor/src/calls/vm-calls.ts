// Answers a VmCall.
import { CkeError, type Clock } from "@cke/foundation";
import { type MigrateCall, type UnitCallAnswerInit, VmCall, VmCallResult, type VmCallResultInit } from "@cke/protocol";
import { type CalledVm, callParts } from "./call-parts.ts";
import { askGuest } from "./guest-questions.ts";
import { power } from "./power.ts";
import { takePicture } from "./screenshot.ts";
import { asCallFailure, snapshot } from "./snapshots.ts";

/** Words on the way, then the result. Throws CkeError, whose code a client of the channel gets. */
export async function* answerCall(
  request: Uint8Array,
  vm: CalledVm | undefined,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<UnitCallAnswerInit, void, undefined> {
  const { call } = readCall(request);
  if (call === undefined) throw new CkeError("unimplemented", "this executor does not know that call");
  const parts = callParts(vm, clock, signal);
  let result: VmCallResultInit;
  try {
    switch (call.kind) {
      case "power":
        result = { text: await power(call.value.action, parts) };
        break;
      case "snapshot":
        yield {
          answer: {
            kind: "progress",
            value: `snapshot: ${call.value.action.slice(0, 20)} ${call.value.name.slice(0, 63)}`.trim(),
          },
        };
        result = await snapshot(call.value, parts);
        break;
      case "guest":
        result = { guestJson: await askGuest(call.value.question, parts) };
        break;
      case "screenshot":
        result = await takePicture(parts);
        break;
      case "migrate":
      case "transfer":
      case "room":
        throw new CkeError("failed_precondition", "this executor runs the virtual machine, and takes nothing for it");
    }
  } catch (error) {
    throw asCallFailure(error);
  }
  yield { answer: { kind: "result", value: VmCallResult.encode(result) } };
}

/** Undefined for any other call. */
export function migrateCall(request: Uint8Array): MigrateCall | undefined {
  const { call } = readCall(request);
  return call?.kind === "migrate" ? call.value : undefined;
}

function readCall(request: Uint8Array): VmCall {
  try {
    return VmCall.decode(request);
  } catch (cause) {
    throw new CkeError("invalid_argument", "the call is not readable", { cause });
  }
}
