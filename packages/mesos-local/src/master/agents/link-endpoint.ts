// The master's side of the link: see src/link/messages.ts for the protocol.
import { randomUUID } from "node:crypto";
import { messageOf } from "@cke/foundation";
import { type Answer, accepted, methodNotAllowed, textAnswer } from "../../http/answer.ts";
import type { HttpRequest } from "../../http/server.ts";
import { agentBatchSchema, linkIdHeader, messagesPath, registerPath, registerSchema } from "../../link/index.ts";
import { exactJson, parseExactJson } from "../../wire/json/exact-json.ts";
import type { MasterState } from "../state/master-state.ts";
import type { AgentStream } from "../state/records.ts";
import { handleAgentMessage } from "./agent-messages.ts";
import { registerAgent } from "./agent-registration.ts";
import { disconnectAgent } from "./agent-removal.ts";

export const isLinkPath = (path: string) => path === registerPath || path === messagesPath;

/** Answers a request of an agent; undefined when it became the link's stream. */
export function linkEndpoint(state: MasterState, request: HttpRequest): Answer | undefined {
  if (request.method !== "POST") return methodNotAllowed(request.method, "POST");
  try {
    return request.path === registerPath ? openLink(state, request) : receive(state, request);
  } catch (error) {
    state.services.logger.warning("a message of an agent is refused", { error });
    return textAnswer(400, messageOf(error));
  }
}

function openLink(state: MasterState, request: HttpRequest): undefined {
  const message = registerSchema.parse(parseExactJson(request.body.toString("utf8")));
  const id = randomUUID();
  const records = request.openStream([
    [linkIdHeader, id],
    ["Content-Type", "application/json"],
  ]);
  const stream: AgentStream = {
    id,
    send: (toAgent) => records.send(exactJson(toAgent)),
    end: () => records.end(),
  };
  const agent = registerAgent(state, message, stream);
  if (agent === undefined) return;
  const { logger } = state.services;
  logger.info("agent registered", { agentId: agent.id, hostname: agent.hostname, port: agent.port });
  records.onClose(() => {
    logger.info("the link of an agent closed", { agentId: agent.id });
    disconnectAgent(state, agent, id);
  });
}

function receive(state: MasterState, request: HttpRequest): Answer {
  const id = request.header(linkIdHeader);
  const agent = [...state.agents.values()].find(({ stream }) => stream !== undefined && stream.id === id);
  if (agent === undefined) return textAnswer(409, "this link is not current; register again");
  const { messages } = agentBatchSchema.parse(parseExactJson(request.body.toString("utf8")));
  for (const message of messages) handleAgentMessage(state, agent, message);
  return accepted;
}
