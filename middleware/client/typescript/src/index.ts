// SPDX-License-Identifier: Apache-2.0
export { Events, Lease, Service, SscardError, newOp } from "./client.js";
export type { DebitParams, ServiceOptions } from "./client.js";
export * from "./methods.js";
