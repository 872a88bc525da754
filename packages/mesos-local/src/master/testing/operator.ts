// An operator of a master without a connection.
import { bodyText } from "../../http/answer.ts";
import { readQuery } from "../../http/query.ts";
import type { HttpRequest } from "../../http/server.ts";
import { parseJson, stringifyJson } from "../../wire/index.ts";
import { operatorEndpoint } from "../operator-api/endpoint.ts";
import type { MasterFixture } from "./master-fixture.ts";

/** A request of an operator, answered without a connection. */
export function operator(master: MasterFixture, path: string, body: unknown, method = "POST", principal?: string) {
  const plain = () => (body === undefined ? "" : stringifyJson(JSON.parse(JSON.stringify(body))));
  const text = typeof body === "string" ? body : plain();
  const request: HttpRequest = {
    method,
    path: path.replace(/\?.*/, ""),
    query: readQuery(path.replace(/^[^?]*\??/, "")),
    header: (name) => (name === "content-type" ? "application/json" : undefined),
    body: Buffer.from(text),
    openStream: () => {
      throw new Error("no stream is opened here");
    },
  };
  const answer = operatorEndpoint(master.state, request, principal);
  if (answer === undefined) throw new Error("it is an event stream");
  return { status: answer.status, body: bodyText(answer) };
}
export const v1 = (master: MasterFixture, type: string, content?: unknown, principal?: string) =>
  operator(
    master,
    "/api/v1",
    { type, ...(content === undefined ? {} : { [type.toLowerCase()]: content }) },
    "POST",
    principal,
  );
export const view = (master: MasterFixture, type: string) => parseJson(v1(master, type).body);
