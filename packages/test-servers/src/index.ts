// Real servers for tests, each on random ports and in a private directory, started and stopped by the test that needs it.
export { freePort } from "./free-port.ts";
