// An agent in a process of its own, so that tests can kill it. Options come as JSON in the first argument, and in the
// second one where it is to kill itself.
import { createLogger } from "@cke/foundation";
import { startAgent } from "../agent.ts";
import { crashPlanSchema, installCrashPoints } from "./crash-points.ts";

const [, , options = "{}", plan] = process.argv;
if (plan !== undefined) installCrashPoints(crashPlanSchema.parse(JSON.parse(plan)));
const logger = createLogger({ level: "warning" });
const agent = await startAgent({ ...JSON.parse(options), logger });
process.stdout.write(`${JSON.stringify({ port: agent.port })}\n`);
await agent.registered();
process.stdout.write(`${JSON.stringify({ agentId: agent.agentId })}\n`);
process.on("message", () => {});
process.on("SIGTERM", () => void agent.stop({ unregister: true }).then(() => process.exit(0)));
