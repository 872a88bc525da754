// The operator endpoints of the master.
import { type Answer, done, jsonAnswer, notFound } from "../../http/answer.ts";
import type { HttpRequest } from "../../http/server.ts";
import { double, stringifyJson } from "../../wire/index.ts";
import { mesosVersion } from "../options.ts";
import type { MasterState } from "../state.ts";

/** Answers a GET of the classic endpoints; the path comes without /master. */
export function operatorEndpoint(_state: MasterState, request: HttpRequest): Answer {
  if (request.path === "/health") return done;
  if (request.path === "/version") {
    return jsonAnswer(stringifyJson({ ...mesosVersion, build_time: double(mesosVersion.build_time) }));
  }
  return notFound;
}
