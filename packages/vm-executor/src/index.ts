// The executor of virtual machines.
export * from "./vm-driver.ts";
