// An agent in a process of its own, so that tests can kill it. Options come as JSON in the first argument.
import { createLogger } from "@cke/foundation";
import { startAgent } from "../agent.ts";

const logger = createLogger({ level: "warning" });
const agent = await startAgent({ ...JSON.parse(process.argv[2] ?? "{}"), logger });
process.stdout.write(`${JSON.stringify({ port: agent.port })}\n`);
await agent.registered();
process.stdout.write(`${JSON.stringify({ agentId: agent.agentId })}\n`);
process.on("message", () => {});
process.on("SIGTERM", () => void agent.stop({ unregister: true }).then(() => process.exit(0)));
